//! One folder of the workspace as seed 003 shows it, and the beginning of a file.

use std::{
    ffi::OsString,
    io::{self, Read as _},
    os::fd::AsRawFd as _,
    path::{Path, PathBuf},
};

use lia_protocol::{
    error::ErrorCode,
    limits::{PREVIEW_UTF16, SNAPSHOT_ENTRIES},
    sessions::{
        FilePreview, FileSystemEntry, FileSystemEntryGitInfo, FileSystemEntryType, FileSystemSnapshot,
    },
};
use nix::fcntl::OFlag;

use super::Failure;
use crate::{
    confine::{Confined, is_plain},
    ignores::{Ignores, repository},
};

/// Names of one folder that are looked at; what is listed is the first of them by their order.
const NAMES: usize = 200_000;
/// Bytes of a file of git's own that are read.
const GIT_FILE: u64 = 64 << 10;

/// A path of a request, relative and plain; empty is the workspace.
pub(super) fn below(workspace: &Confined, path: &str) -> Result<PathBuf, Failure> {
    let outside = || Failure(ErrorCode::Forbidden, "Path outside workspace".to_owned());
    let relative = workspace.relative(Path::new(path)).map_err(|_| outside())?;
    let plain: PathBuf =
        relative.components().filter(|c| !matches!(c, std::path::Component::CurDir)).collect();
    if plain.as_os_str().is_empty() || is_plain(&plain) { Ok(plain) } else { Err(outside()) }
}

/// Says of a path that leads out what the seed says; of one that cannot be read, `what`.
fn refused(e: &io::Error, what: &str) -> Failure {
    // The kernel's own refusals have a number; those of the confinement have none.
    match e.kind() {
        io::ErrorKind::PermissionDenied if e.raw_os_error().is_none() => {
            Failure(ErrorCode::Forbidden, "Path outside workspace".to_owned())
        }
        _ => Failure(ErrorCode::NotFound, what.to_owned()),
    }
}

/// The beginning of a text file.
pub(super) fn preview(workspace: &Confined, path: &str) -> Result<FilePreview, Failure> {
    let cannot = || format!("Cannot read: {path}");
    let relative = below(workspace, path)?;
    let (file, _) = workspace.read(&relative).map_err(|e| refused(&e, &cannot()))?;
    // No text of so many units has more bytes than three for each; one more tells that there is more.
    let most = PREVIEW_UTF16 * 3;
    let mut bytes = Vec::new();
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(|e| refused(&e, &cannot()))?;
    let more = bytes.len() > most;
    let (content, cut) = beginning(&bytes, more);
    let max_chars = u32::try_from(PREVIEW_UTF16).unwrap_or(u32::MAX);
    Ok(FilePreview { path: path.to_owned(), content, truncated: cut || more, max_chars })
}

/// The text's first units, never a part of a character. `more`: the bytes go on, and may end within one.
fn beginning(bytes: &[u8], more: bool) -> (String, bool) {
    let whole = match std::str::from_utf8(bytes) {
        Err(e) if more && e.error_len().is_none() => &bytes[..e.valid_up_to()],
        Ok(_) | Err(_) => bytes,
    };
    let text = String::from_utf8_lossy(whole);
    let mut units = 0;
    let end = text.char_indices().find(|(_, c)| {
        units += c.len_utf16();
        units > PREVIEW_UTF16
    });
    match end {
        Some((at, _)) => (text[..at].to_owned(), true),
        None => (text.into_owned(), false),
    }
}

/// The entries of one folder.
pub(super) fn snapshot(workspace: &Confined, path: &str, all: bool) -> Result<FileSystemSnapshot, Failure> {
    let folder = below(workspace, path)?;
    let cannot = || format!("Cannot read: {path}");
    let fd =
        workspace.open(&folder, OFlag::O_RDONLY | OFlag::O_DIRECTORY).map_err(|e| refused(&e, &cannot()))?;
    let ignores = if all { None } else { Some(Ignores::of(workspace, &folder)) };
    // The descriptor stays where it was opened, whatever happens to the path meanwhile.
    let dir =
        std::fs::read_dir(format!("/proc/self/fd/{}", fd.as_raw_fd())).map_err(|e| refused(&e, &cannot()))?;
    let mut names: Vec<(OsString, FileSystemEntryType)> = Vec::new();
    let mut truncated = false;
    for entry in dir {
        let Ok(entry) = entry else { continue };
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        let hidden = |i: &Ignores| {
            name.as_encoded_bytes().starts_with(b".") || i.ignores(&folder.join(&name), kind.is_dir())
        };
        if ignores.as_ref().is_some_and(hidden) {
            continue;
        }
        if names.len() == NAMES {
            truncated = true;
            break;
        }
        let kind = match kind {
            t if t.is_file() => FileSystemEntryType::File,
            t if t.is_dir() => FileSystemEntryType::Directory,
            t if t.is_symlink() => FileSystemEntryType::Symlink,
            _ => FileSystemEntryType::Other,
        };
        names.push((name, kind));
    }
    names.sort();
    truncated |= names.len() > SNAPSHOT_ENTRIES;
    names.truncate(SNAPSHOT_ENTRIES);
    let entry = |(name, kind): (OsString, FileSystemEntryType)| FileSystemEntry {
        git: (kind == FileSystemEntryType::Directory)
            .then(|| git_info(workspace, &folder.join(&name)))
            .flatten(),
        path: name.to_string_lossy().into_owned(),
        kind,
    };
    Ok(FileSystemSnapshot {
        root: shown(workspace, Path::new("")),
        path: Some(shown(workspace, &folder)),
        git_path: repository(workspace, &folder).map(|top| shown(workspace, &top)),
        entries: names.into_iter().map(entry).collect(),
        truncated,
        max_entries: u32::try_from(SNAPSHOT_ENTRIES).unwrap_or(u32::MAX),
    })
}

/// An absolute path as clients see it.
fn shown(workspace: &Confined, relative: &Path) -> String {
    let root = workspace.path();
    let path = if relative.as_os_str().is_empty() { root.to_owned() } else { root.join(relative) };
    path.to_string_lossy().into_owned()
}

/// What a repository says of itself, read from its files. A worktree's or a submodule's `.git` is a file that names the
/// place, which must be in the workspace.
fn git_info(workspace: &Confined, folder: &Path) -> Option<FileSystemEntryGitInfo> {
    let text = |path: &Path| {
        workspace.read_all(path, GIT_FILE).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    };
    let mut git = folder.join(".git");
    if let Some(named) = text(&git) {
        let named = Path::new(named.strip_prefix("gitdir:")?.trim()).to_owned();
        git = if named.is_absolute() { workspace.relative(&named).ok()? } else { folder.join(named) };
    }
    let head = text(&git.join("HEAD"))?;
    let head = head.trim();
    let branch = match head.strip_prefix("ref:") {
        Some(name) => name.trim().strip_prefix("refs/heads/").unwrap_or(name.trim()).to_owned(),
        None if head.len() >= 12 && head.bytes().all(|b| b.is_ascii_hexdigit()) => head[..12].to_owned(),
        None => return None,
    };
    let common = text(&git.join("commondir")).map(|c| git.join(c.trim()));
    let config = text(&common.unwrap_or(git).join("config"));
    Some(FileSystemEntryGitInfo { branch, origin: config.as_deref().and_then(origin) })
}

/// The URL of `origin` in a git configuration, without what may be a credential.
fn origin(config: &str) -> Option<String> {
    let mut inside = false;
    let mut url = None;
    for line in config.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.replace(' ', "") == "[remote\"origin\"]";
        } else if inside
            && let Some((key, value)) = line.split_once('=')
            && key.trim().eq_ignore_ascii_case("url")
        {
            url = Some(value.trim().trim_matches('"'));
        }
    }
    let url = url?;
    Some(match url.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/').map_or((rest, None), |(a, p)| (a, Some(p)));
            let host = authority.rsplit('@').next().unwrap_or(authority);
            path.map_or_else(|| format!("{scheme}://{host}"), |p| format!("{scheme}://{host}/{p}"))
        }
        None => url.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_character_is_cut() {
        let text = |s: &str, more| beginning(s.as_bytes(), more);
        assert_eq!(text("abc", false), ("abc".to_owned(), false));
        let full = "a".repeat(PREVIEW_UTF16);
        assert_eq!(text(&full, false), (full.clone(), false));
        assert_eq!(text(&format!("{full}b"), false), (full.clone(), true));
        // A character of two units does not fit into one.
        let nearly = "a".repeat(PREVIEW_UTF16 - 1);
        assert_eq!(text(&format!("{nearly}😀"), false), (nearly.clone(), true));
        let fits = format!("{}😀", "a".repeat(PREVIEW_UTF16 - 2));
        assert_eq!(text(&fits, false), (fits.clone(), false));
        // What is cut by the reading, at any byte, is left out; what is no text is shown as such.
        for cut in 1.."漢".len() {
            let bytes = ["x".as_bytes(), &"漢".as_bytes()[..cut]].concat();
            assert_eq!(beginning(&bytes, true), ("x".to_owned(), false));
            assert_eq!(beginning(&bytes, false), ("x\u{fffd}".to_owned(), false));
        }
        assert_eq!(beginning(b"\xffa", true).0, "\u{fffd}a");
    }

    #[test]
    fn an_origin_is_shown_without_its_credential() {
        let of = |url: &str| {
            origin(&format!(
                "[core]\n\turl = no\n[remote \"origin\"]\n\turl = {url}\n\tfetch = x\n[remote \"b\"]\n\turl = c\n"
            ))
        };
        assert_eq!(
            of("https://user:token@github.com/a/b.git").as_deref(),
            Some("https://github.com/a/b.git")
        );
        assert_eq!(of("https://token@host").as_deref(), Some("https://host"));
        assert_eq!(of("git@github.com:a/b.git").as_deref(), Some("git@github.com:a/b.git"));
        assert_eq!(of("/srv/a@b").as_deref(), Some("/srv/a@b"));
        assert_eq!(origin("[remote \"b\"]\nurl = c\n"), None);
    }

    #[test]
    fn a_folder_is_listed_as_the_seed_says() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("w");
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("a/.git/HEAD", "ref: refs/heads/feature/x\n");
        write("a/.git/config", "[remote \"origin\"]\n\turl = https://t@h/r\n");
        write("a/.gitignore", "*.log\nlogs/\n");
        write("a/x.log", "");
        write("a/logs/y", "");
        write("a/B", "");
        write("a/b", "");
        write("a/.hidden", "");
        write("detached/.git/HEAD", "0123456789abcdef0123456789abcdef01234567\n");
        write("outside/.git", "gitdir: /etc\n");
        write("odd/.git/HEAD", "nonsense");
        std::os::unix::fs::symlink("a", root.join("link")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("etc")).unwrap();
        let w = Confined::open_root(&root, None).unwrap();
        let names = |path: &str, all| {
            let s = snapshot(&w, path, all).map_err(|Failure(code, _)| code).unwrap();
            assert_eq!(
                (s.root.as_str(), s.truncated, s.max_entries),
                (root.to_str().unwrap(), false, 10_000)
            );
            s.entries.into_iter().map(|e| e.path).collect::<Vec<_>>()
        };
        assert_eq!(names("", false), ["a", "detached", "etc", "link", "odd", "outside"]);
        assert_eq!(names("a", false), ["B", "b"]);
        assert_eq!(names(root.join("a").to_str().unwrap(), false), ["B", "b"]);
        assert_eq!(names("./a/", true), [".git", ".gitignore", ".hidden", "B", "b", "logs", "x.log"]);
        assert_eq!(names("a/logs", false), [""; 0], "all below an ignored folder is ignored");
        let top = snapshot(&w, ".", false).map_err(|_| ()).unwrap();
        let git = |name: &str| top.entries.iter().find(|e| e.path == name).unwrap().git.clone();
        let info = |branch: &str, origin: Option<&str>| {
            Some(FileSystemEntryGitInfo { branch: branch.to_owned(), origin: origin.map(str::to_owned) })
        };
        assert_eq!(git("a"), info("feature/x", Some("https://h/r")));
        assert_eq!(git("detached"), info("0123456789ab", None));
        assert_eq!((git("outside"), git("odd"), git("link")), (None, None, None));
        let kinds: Vec<_> = top.entries.iter().map(|e| e.kind).collect();
        assert_eq!(kinds[2..4], [FileSystemEntryType::Symlink; 2]);
        assert_eq!(
            snapshot(&w, "a/logs", false).map_err(|_| ()).unwrap().git_path,
            Some(shown(&w, Path::new("a")))
        );
        assert_eq!(top.git_path, None);
        let code = |path: &str| snapshot(&w, path, true).map(|_| ()).map_err(|Failure(code, _)| code);
        assert_eq!(code("none"), Err(ErrorCode::NotFound));
        assert_eq!(code("a/b"), Err(ErrorCode::NotFound));
        for out in ["..", "/", "/etc", "etc", "a/../..", "etc/ssl"] {
            assert_eq!(code(out), Err(ErrorCode::Forbidden), "{out}");
        }
        let code =
            |path: &str| preview(&w, path).map(|p| p.content).map_err(|Failure(code, said)| (code, said));
        assert_eq!(code("a/.gitignore").unwrap(), "*.log\nlogs/\n");
        assert_eq!(code("link/.gitignore").unwrap(), "*.log\nlogs/\n");
        for (path, wanted) in [
            ("none", ErrorCode::NotFound),
            ("a", ErrorCode::NotFound),
            ("etc/passwd", ErrorCode::Forbidden),
            ("../x", ErrorCode::Forbidden),
        ] {
            let (code, said) = code(path).unwrap_err();
            assert_eq!(code, wanted, "{path}");
            assert!(said == format!("Cannot read: {path}") || said == "Path outside workspace", "{said}");
        }
    }

    #[test]
    fn ten_thousand_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        for i in 0..=SNAPSHOT_ENTRIES {
            std::fs::write(dir.path().join(format!("{i:05}")), "").unwrap();
        }
        let w = Confined::open_root(dir.path(), None).unwrap();
        let s = snapshot(&w, "", false).map_err(|_| ()).unwrap();
        assert!(s.truncated);
        assert_eq!(
            (s.entries.len(), s.entries[SNAPSHOT_ENTRIES - 1].path.as_str()),
            (SNAPSHOT_ENTRIES, "09999")
        );
        std::fs::remove_file(dir.path().join("00000")).unwrap();
        assert!(!snapshot(&w, "", false).map_err(|_| ()).unwrap().truncated);
    }
}
