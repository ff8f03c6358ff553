//! What git ignores in a folder of the workspace: the `.gitignore` files from the repository's top down to it, and
//! `.git/info/exclude`, as gitignore(5) has them. Without a repository the workspace stands for its top.

use std::{
    io::Read as _,
    path::{Path, PathBuf},
    rc::Rc,
};

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use nix::fcntl::OFlag;

use crate::confine::{Confined, kind};

/// Bytes of one file of patterns that are read.
const FILE_BYTES: u64 = 256 << 10;
/// Folders between the top and the one that is asked about whose patterns are read.
const DEPTH: usize = 64;

/// The patterns that hold in one folder.
#[derive(Debug)]
pub struct Ignores {
    /// From the top down; those of `.git/info/exclude` come first, since they weigh least.
    layers: Vec<Rc<Gitignore>>,
    /// Whether the folder itself is ignored, and with it all that is below.
    all: bool,
}

/// The top of the repository that `folder` (relative, plain; empty is the workspace) is in: the nearest folder at or above
/// it that has a `.git`.
#[must_use]
pub fn repository(workspace: &Confined, folder: &Path) -> Option<PathBuf> {
    let has_git = |at: &Path| workspace.open(&at.join(".git"), OFlag::O_PATH | OFlag::O_NOFOLLOW).is_ok();
    folder.ancestors().find(|at| has_git(at)).map(Path::to_owned)
}

impl Ignores {
    /// Those of `folder` (relative, plain; empty is the workspace).
    #[must_use]
    pub fn of(workspace: &Confined, folder: &Path) -> Self {
        let top = repository(workspace, folder);
        let mut ignores = Self { layers: Vec::new(), all: false };
        if let Some(top) = &top {
            ignores.add(workspace, top, &top.join(".git/info/exclude"));
        }
        let top = top.unwrap_or_default();
        let below = folder.strip_prefix(&top).unwrap_or(Path::new(""));
        let mut at = top;
        ignores.add(workspace, &at, &at.join(".gitignore"));
        for part in below.components().take(DEPTH) {
            at.push(part);
            ignores.all |= ignores.ignores(&at, true);
            ignores.add(workspace, &at, &at.join(".gitignore"));
        }
        ignores
    }

    /// Those of a folder in this one: what holds here, and its own.
    #[must_use]
    pub fn below(&self, workspace: &Confined, folder: &Path) -> Self {
        let mut ignores = Self { layers: self.layers.clone(), all: self.ignores(folder, true) };
        ignores.add(workspace, folder, &folder.join(".gitignore"));
        ignores
    }

    /// Whether git ignores `path` (relative to the workspace), which lies in this folder.
    #[must_use]
    pub fn ignores(&self, path: &Path, is_dir: bool) -> bool {
        if self.all || path.file_name().is_some_and(|n| n == ".git") {
            return true;
        }
        // The nearest file that says something decides.
        let said = self.layers.iter().rev().map(|layer| layer.matched(path, is_dir)).find(|m| !m.is_none());
        said.is_some_and(|m| m.is_ignore())
    }

    fn add(&mut self, workspace: &Confined, folder: &Path, file: &Path) {
        let Some(text) = read(workspace, file) else { return };
        // The matcher's root is the folder within the workspace, as the paths are that it is asked about.
        let mut builder = GitignoreBuilder::new(folder);
        for line in text.lines() {
            // A line that cannot be read matches nothing.
            let _ = builder.add_line(None, line);
        }
        if let Ok(layer) = builder.build()
            && !layer.is_empty()
            && self.layers.len() <= DEPTH
        {
            self.layers.push(Rc::new(layer));
        }
    }
}

fn read(workspace: &Confined, file: &Path) -> Option<String> {
    let fd = workspace.open(file, OFlag::O_RDONLY | OFlag::O_NOFOLLOW).ok()?;
    let stat = nix::sys::stat::fstat(&fd).ok()?;
    if kind(&stat) != nix::sys::stat::SFlag::S_IFREG {
        return None;
    }
    let mut bytes = Vec::new();
    std::fs::File::from(fd).take(FILE_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Builds a workspace and asks git itself and us about every path.
    #[test]
    fn as_git_says() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let git = |args: &[&str]| {
            std::process::Command::new("git").current_dir(root).args(args).env("HOME", root).output().unwrap()
        };
        assert!(git(&["init", "--quiet"]).status.success());
        write(
            ".gitignore",
            "# a comment\n\\#file\n\\!bang\n*.log\n!keep.log\nbuild/\n/top\nsub/*.tmp\n**/deep/x\na/**/z\nq?e\n[ab].c\ntrail \n\nspace\\ \nfoo/\n",
        );
        write(".git/info/exclude", "excluded\nover.log\n");
        write("sub/.gitignore", "!*.log\nnested/\n/only-here\n");
        write("sub/nested/.gitignore", "!*\n");
        for file in [
            "#file",
            "!bang",
            "a.log",
            "keep.log",
            "build/x",
            "top",
            "sub/top",
            "sub/a.tmp",
            "a.tmp",
            "sub/deep/x",
            "deep/x",
            "a/z",
            "a/b/c/z",
            "que",
            "qe",
            "a.c",
            "c.c",
            "trail",
            "excluded",
            "sub/excluded",
            "over.log",
            "sub/b.log",
            "sub/keep.log",
            "sub/nested/y",
            "sub/only-here",
            "sub/more/only-here",
            "only-here",
            "foo",
            "sub/foo/x",
            "ordinary",
            "sub/ordinary",
            "x/build",
        ] {
            write(file, "");
        }
        let workspace = Confined::open_root(root, None).unwrap();
        let mut pending = vec![PathBuf::new()];
        let mut asked = 0;
        while let Some(folder) = pending.pop() {
            let ignores = Ignores::of(&workspace, &folder);
            for entry in std::fs::read_dir(root.join(&folder)).unwrap() {
                let entry = entry.unwrap();
                let path = folder.join(entry.file_name());
                if path == Path::new(".git") {
                    continue;
                }
                let is_dir = entry.file_type().unwrap().is_dir();
                let said = git(&["check-ignore", "--quiet", "--no-index", "--", path.to_str().unwrap()]);
                let expected = said.status.code() == Some(0);
                assert_eq!(ignores.ignores(&path, is_dir), expected, "{}", path.display());
                asked += 1;
                if is_dir {
                    let below = ignores.below(&workspace, &path);
                    assert_eq!(below.all, Ignores::of(&workspace, &path).all, "{}", path.display());
                    pending.push(path);
                }
            }
        }
        assert!(asked > 35, "{asked}");
        assert!(Ignores::of(&workspace, Path::new("sub")).ignores(Path::new("sub/.git"), true));
        assert_eq!(repository(&workspace, Path::new("sub/more")), Some(PathBuf::new()));
    }
}
