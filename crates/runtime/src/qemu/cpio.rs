//! The guest's first files as the kernel takes them: archives of cpio's "newc" form, one after the other.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Write},
    os::unix::{ffi::OsStrExt as _, fs::MetadataExt as _},
    path::Path,
};

const FOLDER: u32 = 0o040_000;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_000;
/// Folders within folders.
const DEPTH: usize = 64;

/// Writes one archive. Everything in it belongs to root.
pub(super) struct Archive<W> {
    out: W,
    /// Bytes that may still be written.
    left: u64,
    inode: u32,
}

impl<W: Write> Archive<W> {
    /// At most `limit` bytes.
    pub fn new(out: W, limit: u64) -> Self {
        Self { out, left: limit, inode: 1 }
    }

    /// Adds a file or folder of the host at `path`, which is relative, with the folders above it.
    pub fn add(&mut self, from: &Path, path: &Path) -> io::Result<()> {
        let above: Vec<_> = path.ancestors().skip(1).filter(|p| !p.as_os_str().is_empty()).collect();
        for folder in above.into_iter().rev() {
            self.entry(folder.as_os_str(), FOLDER | 0o755, &[])?;
        }
        self.tree(from, path, 0)
    }

    fn tree(&mut self, from: &Path, path: &Path, depth: usize) -> io::Result<()> {
        if depth > DEPTH {
            return Err(io::Error::other(format!("{}: nested too deep", from.display())));
        }
        let meta = if depth == 0 { fs::metadata(from)? } else { fs::symlink_metadata(from)? };
        let name = path.as_os_str();
        if meta.is_dir() {
            self.entry(name, FOLDER | 0o755, &[])?;
            let mut entries = fs::read_dir(from)?.collect::<io::Result<Vec<_>>>()?;
            entries.sort_by_key(fs::DirEntry::file_name);
            for entry in entries {
                self.tree(&entry.path(), &path.join(entry.file_name()), depth + 1)?;
            }
            Ok(())
        } else if meta.is_symlink() {
            self.entry(name, LINK | 0o777, fs::read_link(from)?.as_os_str().as_bytes())
        } else if meta.is_file() {
            let mode = if meta.mode() & 0o111 == 0 { 0o644 } else { 0o755 };
            self.reserve(meta.len())?;
            self.entry(name, FILE | mode, &fs::read(from)?)
        } else {
            Ok(())
        }
    }

    /// Before a file is read.
    fn reserve(&self, bytes: u64) -> io::Result<()> {
        if bytes > self.left {
            let text = "the agents' files are larger than what a virtual machine takes into its memory";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
        }
        Ok(())
    }

    fn entry(&mut self, name: &OsStr, mode: u32, content: &[u8]) -> io::Result<()> {
        self.reserve(content.len() as u64)?;
        self.left -= content.len() as u64;
        let length = u32::try_from(content.len()).map_err(io::Error::other)?;
        let name = name.as_bytes();
        let name_length = u32::try_from(name.len() + 1).map_err(io::Error::other)?;
        let links = if mode & FOLDER != 0 && mode & FILE == 0 { 2 } else { 1 };
        write!(self.out, "070701")?;
        for field in [self.inode, mode, 0, 0, links, 0, length, 0, 0, 0, 0, name_length, 0] {
            write!(self.out, "{field:08x}")?;
        }
        self.inode += 1;
        self.out.write_all(name)?;
        // The header has 110 bytes.
        self.pad(110 + name.len() + 1, 1)?;
        self.out.write_all(content)?;
        self.pad(content.len(), 0)
    }

    /// `more` zero bytes, and those up to a multiple of four.
    fn pad(&mut self, length: usize, more: usize) -> io::Result<()> {
        self.out.write_all(&[0; 4][..more + (4 - length % 4) % 4])
    }

    /// Ends the archive.
    pub fn finish(mut self) -> io::Result<W> {
        self.entry(OsStr::new("TRAILER!!!"), 0, &[])?;
        self.out.flush()?;
        Ok(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_has_its_files_and_a_bound() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("in")).unwrap();
        fs::write(dir.path().join("in/file"), "content").unwrap();
        std::os::unix::fs::symlink("file", dir.path().join("in/link")).unwrap();
        let mut archive = Archive::new(Vec::new(), 100);
        archive.add(&dir.path().join("in"), Path::new("lia/agent")).unwrap();
        let bytes = archive.finish().unwrap();
        assert_eq!(bytes.len() % 4, 0);
        let text = String::from_utf8_lossy(&bytes);
        for name in
            ["lia\0", "lia/agent\0", "lia/agent/file\0", "content", "lia/agent/link\0", "TRAILER!!!\0"]
        {
            assert!(text.contains(name), "{name:?}");
        }
        let error = Archive::new(Vec::new(), 6).add(&dir.path().join("in"), Path::new("a")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
    }
}
