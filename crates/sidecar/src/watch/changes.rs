//! What has changed and was not told yet: each path once, and no more of them than one `fs.changed` may list.

use std::{collections::BTreeMap, path::Path};

use lia_protocol::{
    event::FsChanged,
    limits::{CHANGED_BYTES, CHANGED_PATHS, PATH_BYTES},
    wire::tag::True,
};

/// How a path changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added,
    /// Its content is another one.
    Modified,
    /// It is gone.
    Deleted,
}

/// Changes in the making.
#[derive(Debug, Default)]
pub struct Changes {
    paths: BTreeMap<String, Change>,
    bytes: usize,
    /// Whether more may have changed than is listed.
    more: bool,
}

impl Changes {
    /// A path changed.
    pub fn note(&mut self, path: &Path, change: Change) {
        self.add(path.to_string_lossy().into_owned(), change);
    }

    fn add(&mut self, path: String, change: Change) {
        use Change::{Added, Deleted, Modified};
        let size = path.len();
        let became = match (self.paths.get(&path), change) {
            (None, _) => {
                let full = self.paths.len() >= CHANGED_PATHS || self.bytes + size > CHANGED_BYTES;
                if full || size > PATH_BYTES {
                    self.more = true;
                    return;
                }
                self.bytes += size;
                Some(change)
            }
            // It came and went, and nobody was told of it.
            (Some(Added), Deleted) => None,
            (Some(Added), Added | Modified) => Some(Added),
            (Some(Deleted), Added) | (Some(Modified), Added | Modified) => Some(Modified),
            (Some(Deleted), Deleted | Modified) | (Some(Modified), Deleted) => Some(Deleted),
        };
        match became {
            Some(change) => {
                self.paths.insert(path, change);
            }
            None => {
                self.paths.remove(&path);
                self.bytes -= size;
            }
        }
    }

    /// More may have changed than is listed.
    pub fn more(&mut self) {
        self.more = true;
    }

    /// Whether there is nothing to tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && !self.more
    }

    /// Later changes on top of these.
    pub fn then(&mut self, later: Self) {
        self.more |= later.more;
        for (path, change) in later.paths {
            self.add(path, change);
        }
    }

    /// Takes all of it, to be told.
    pub fn take(&mut self) -> Option<FsChanged> {
        if self.is_empty() {
            return None;
        }
        let Self { paths, more, .. } = std::mem::take(self);
        let mut told = FsChanged { truncated: more.then_some(True), ..FsChanged::default() };
        for (path, change) in paths {
            match change {
                Change::Added => told.added.push(path),
                Change::Modified => told.paths.push(path),
                Change::Deleted => told.deleted.push(path),
            }
        }
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(changes: &[Change]) -> Option<Change> {
        let mut c = Changes::default();
        changes.iter().for_each(|change| c.note(Path::new("a"), *change));
        assert_eq!(c.bytes, c.paths.keys().map(String::len).sum::<usize>());
        c.paths.get("a").copied()
    }

    #[test]
    fn what_follows_a_change() {
        use Change::{Added as A, Deleted as D, Modified as M};
        for (changes, becomes) in [
            (&[A][..], Some(A)),
            (&[A, M, M], Some(A)),
            (&[A, D], None),
            (&[A, D, A], Some(A)),
            (&[M, D], Some(D)),
            (&[D, A], Some(M)),
            (&[D, M], Some(D)),
            (&[M, A], Some(M)),
        ] {
            assert_eq!(after(changes), becomes, "{changes:?}");
        }
    }

    #[test]
    fn no_more_than_one_event_may_list() {
        let mut c = Changes::default();
        for i in 0..CHANGED_PATHS {
            c.note(Path::new(&format!("{i:03}")), Change::Added);
        }
        assert!(!c.more);
        c.note(Path::new("000"), Change::Modified);
        assert!(!c.more, "one that is listed needs no room");
        c.note(Path::new("one more"), Change::Added);
        let told = c.take().unwrap();
        assert!(told.is_bounded() && told.truncated.is_some());
        assert_eq!((told.added.len(), told.paths.len()), (CHANGED_PATHS, 0));
        assert!(c.is_empty() && c.take().is_none());

        // Long paths are fewer; one that is too long is none.
        let long = "x".repeat(CHANGED_BYTES / 4);
        for i in 0..9 {
            c.note(Path::new(&format!("{i}{long}")), Change::Modified);
        }
        let told = c.take().unwrap();
        assert!(told.is_bounded() && told.truncated.is_some() && told.count() == 3);
        c.note(Path::new(&"y".repeat(PATH_BYTES + 1)), Change::Modified);
        let told = c.take().unwrap();
        assert!(told.truncated.is_some() && told.count() == 0);
    }

    #[test]
    fn later_ones_come_on_top() {
        let (mut c, mut later) = (Changes::default(), Changes::default());
        c.note(Path::new("a"), Change::Added);
        later.note(Path::new("a"), Change::Deleted);
        later.note(Path::new("b"), Change::Modified);
        later.more();
        c.then(later);
        let told = FsChanged { paths: vec!["b".into()], truncated: Some(True), ..FsChanged::default() };
        assert_eq!(c.take(), Some(told));
    }
}
