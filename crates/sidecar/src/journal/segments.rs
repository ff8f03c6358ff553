//! The journal's storage: append-only files of whole lines, and readers that follow them.
//!
//! A file is named by the offset of its first line. Each append is one write of one batch. A sparse index (one entry per
//! [`INDEX_STEP`] bytes at most) and a scan from there find the place of any line. A reader holds its file open, so a
//! file that is dropped under it can still be read to its end.

use std::{
    collections::VecDeque,
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    rc::Rc,
};

use std::cell::{Cell, RefCell};

/// Bytes between two entries of the index.
const INDEX_STEP: u64 = 16 << 10;

/// One file of the journal.
#[derive(Debug)]
pub struct Segment {
    path: PathBuf,
    file: File,
    first: u64,
    /// The offset after the last line.
    next: Cell<u64>,
    len: Cell<u64>,
    /// (offset, position), ascending, from `(first, 0)`.
    index: RefCell<Vec<(u64, u64)>>,
}

impl Segment {
    fn create(dir: &Path, first: u64) -> io::Result<Self> {
        let path = dir.join(format!("{first:020}"));
        let file = File::options().read(true).write(true).create_new(true).open(&path)?;
        Ok(Self {
            path,
            file,
            first,
            next: Cell::new(first),
            len: Cell::new(0),
            index: RefCell::new(vec![(first, 0)]),
        })
    }

    /// Where line `offset` begins.
    fn find(&self, offset: u64) -> io::Result<u64> {
        let (mut at, mut pos) = {
            let index = self.index.borrow();
            let i = index.partition_point(|(o, _)| *o <= offset);
            index[i.saturating_sub(1)]
        };
        let mut chunk = vec![0; INDEX_STEP as usize];
        while at < offset {
            let n = self.file.read_at(&mut chunk, pos)?;
            if n == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let wanted = usize::try_from(offset - at).unwrap_or(usize::MAX);
            let mut ends = memchr::memchr_iter(b'\n', &chunk[..n]);
            match ends.by_ref().take(wanted).enumerate().last() {
                Some((i, end)) if i + 1 == wanted => return Ok(pos + end as u64 + 1),
                Some((i, _)) => at += i as u64 + 1,
                None => {}
            }
            pos += n as u64;
        }
        Ok(pos)
    }
}

/// The files of one journal.
#[derive(Debug)]
pub struct Segments {
    dir: PathBuf,
    segment_bytes: u64,
    list: VecDeque<Rc<Segment>>,
    next: u64,
    acked: u64,
}

impl Segments {
    /// An empty journal in `dir`, which is made anew. A file is closed once it holds `segment_bytes`.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn create(dir: PathBuf, segment_bytes: u64) -> io::Result<Self> {
        match std::fs::remove_dir_all(&dir) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        std::fs::create_dir_all(&dir)?;
        Ok(Self { dir, segment_bytes, list: VecDeque::new(), next: 1, acked: 0 })
    }

    /// Removes all files and their folder; says how many bytes fell away.
    ///
    /// # Errors
    /// When the folder cannot be removed.
    pub fn remove(&mut self) -> io::Result<u64> {
        std::fs::remove_dir_all(&self.dir)?;
        Ok(self.list.drain(..).map(|s| s.len.get()).sum())
    }

    /// The offset that the next line gets.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// The last acknowledged line.
    #[must_use]
    pub fn acked(&self) -> u64 {
        self.acked
    }

    /// Appends `lines` whole lines in one write, and says how many bytes more are held.
    ///
    /// # Errors
    /// When the file cannot be written; then nothing is appended.
    pub fn append(&mut self, bytes: &[u8], lines: u64) -> io::Result<u64> {
        if lines == 0 {
            return Ok(0);
        }
        let segment = match self.list.back() {
            Some(s) if s.len.get() < self.segment_bytes => Rc::clone(s),
            _ => {
                let s = Rc::new(Segment::create(&self.dir, self.next)?);
                self.list.push_back(Rc::clone(&s));
                s
            }
        };
        let pos = segment.len.get();
        // A write that fails half-way is written over by the next one: only `len` says what counts.
        segment.file.write_all_at(bytes, pos)?;
        let mut index = segment.index.borrow_mut();
        if index.last().is_none_or(|(_, p)| pos - p >= INDEX_STEP) {
            index.push((self.next, pos));
        }
        self.next += lines;
        segment.len.set(pos + bytes.len() as u64);
        segment.next.set(self.next);
        Ok(bytes.len() as u64)
    }

    /// Lines up to `offset` are needed no more; says how many bytes fell away. Whole files fall; the one that is being
    /// written falls too once it is worth it.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn ack(&mut self, offset: u64) -> io::Result<u64> {
        self.acked = self.acked.max(offset.min(self.next - 1));
        let mut freed = 0;
        while let Some(s) = self.list.front() {
            let active = self.list.len() == 1;
            if s.next.get() > self.acked + 1 || (active && s.len.get() < self.segment_bytes / 2) {
                break;
            }
            std::fs::remove_file(&s.path)?;
            freed += s.len.get();
            self.list.pop_front();
        }
        Ok(freed)
    }

    /// A reader that begins with the line after `after`, or `None` when that line has been dropped already or lies
    /// beyond the end.
    #[must_use]
    pub fn reader(&self, after: u64) -> Option<Reader> {
        let first = self.list.front().map_or(self.next, |s| s.first);
        (after + 1 >= first && after < self.next).then_some(Reader { at: At::Line(after + 1) })
    }

    /// Reads on: bytes of consecutive lines, in order, not necessarily cut at a line's end. 0 is the end for now.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(&self, reader: &mut Reader, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut reader.at {
                At::Line(offset) => {
                    let i = self.list.partition_point(|s| s.next.get() <= *offset);
                    let Some(segment) = self.list.get(i) else { return Ok(0) };
                    let pos = segment.find(*offset)?;
                    reader.at = At::Place(Rc::clone(segment), pos);
                }
                At::Place(segment, pos) => {
                    let left = usize::try_from(segment.len.get() - *pos).unwrap_or(usize::MAX).min(buf.len());
                    if left > 0 {
                        let n = segment.file.read_at(&mut buf[..left], *pos)?;
                        if n == 0 {
                            return Err(io::ErrorKind::UnexpectedEof.into());
                        }
                        *pos += n as u64;
                        return Ok(n);
                    }
                    let next = segment.next.get();
                    if next >= self.next {
                        return Ok(0);
                    }
                    reader.at = At::Line(next);
                }
            }
        }
    }
}

/// A place in the journal that moves on as it is read.
#[derive(Debug)]
pub struct Reader {
    at: At,
}

#[derive(Debug)]
enum At {
    /// Before this line.
    Line(u64),
    /// At this byte of this file.
    Place(Rc<Segment>, u64),
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Append(Vec<usize>),
        Ack(u64),
        Reopen(u64),
        Read(usize),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let step = prop_oneof![
            3 => prop::collection::vec(0..3000_usize, 1..20).prop_map(Step::Append),
            1 => (0..300_u64).prop_map(Step::Ack),
            1 => (0..300_u64).prop_map(Step::Reopen),
            3 => (1..40_000_usize).prop_map(Step::Read),
        ];
        prop::collection::vec(step, 1..60)
    }

    proptest! {
        /// Whatever is appended, acknowledged, read and opened anew: a reader gets every line after its cursor, once and
        /// in order; what is unacknowledged is never gone; files and bytes held are what the model says at most.
        #[test]
        fn readers_see_what_a_plain_list_would_give(steps in steps()) {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("j");
            let mut journal = Segments::create(path.clone(), 8 << 10).unwrap();
            let mut model: Vec<Vec<u8>> = Vec::new();
            let mut held = 0;
            let mut reader = journal.reader(0).unwrap();
            let (mut from, mut got) = (0_usize, Vec::new());
            for step in steps {
                match step {
                    Step::Append(lines) => {
                        let mut batch = Vec::new();
                        for len in &lines {
                            let mut line = format!("{}:", model.len() + 1).into_bytes();
                            line.resize(line.len() + len, b'x');
                            line.push(b'\n');
                            batch.extend_from_slice(&line);
                            model.push(line);
                        }
                        held += journal.append(&batch, lines.len() as u64).unwrap();
                    }
                    Step::Ack(offset) => {
                        // As the control plane does: what it has received.
                        let received = from + memchr::memchr_iter(b'\n', &got).count();
                        held -= journal.ack(offset.min(received as u64)).unwrap();
                        prop_assert!(journal.acked() < journal.next());
                    }
                    Step::Reopen(after) => {
                        let opened = journal.reader(after);
                        if after >= journal.acked() && after < journal.next() {
                            prop_assert!(opened.is_some());
                        }
                        if let Some(r) = opened {
                            prop_assert!(after <= model.len() as u64);
                            (reader, from, got) = (r, after as usize, Vec::new());
                        }
                    }
                    Step::Read(n) => {
                        let mut buf = vec![0; n];
                        let n = journal.read(&mut reader, &mut buf).unwrap();
                        got.extend_from_slice(&buf[..n]);
                        let all = model[from..].concat();
                        prop_assert!(all.starts_with(&got));
                        prop_assert!(n > 0 || got.len() == all.len());
                    }
                }
                let on_disk: u64 = std::fs::read_dir(&path).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
                prop_assert_eq!(on_disk, held);
                let unacked: usize = model[journal.acked() as usize..].iter().map(Vec::len).sum();
                prop_assert!(held >= unacked as u64);
            }
        }
    }
}
