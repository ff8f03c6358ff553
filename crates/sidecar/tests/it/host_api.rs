//! The host API: files and repositories of an instance.

use std::{
    io::{Read as _, Write as _},
    path::Path,
    process::Command,
};

use lia_protocol::{
    boot::PORT_HOST_API,
    host_api::{DirList, EntryKind, HostHealth},
    sessions::{
        FilePreview, FileSystemSnapshot, GitBranchList, GitCommitList, GitWorktreeCreated, GitWorktreeList,
    },
};
use serde_json::json;

use crate::host::{Around, Sidecar, ok, scripted, text};

/// One request; the status and the body.
fn call(sidecar: &Sidecar, method: &str, target: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = sidecar.dial(PORT_HOST_API);
    let head = format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    // A refusal may come before all of it is taken.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), answer[end + 4..].to_vec())
}

fn git(dir: &Path, args: &[&str]) -> String {
    let out = Command::new("git")
        .arg("-C")
        .arg(dir)
        .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "safe.directory=*"])
        .args(args)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

#[test]
fn files_there_and_back() {
    let sidecar = Sidecar::start();
    std::fs::write(sidecar.dir.path().join("outside"), "secret").unwrap();
    std::os::unix::fs::symlink("../outside", sidecar.workspace().join("link")).unwrap();
    let large: Vec<u8> = (0..3_000_000_u32).map(|i| (i % 251) as u8).collect();
    assert_eq!(call(&sidecar, "PUT", "/fs/file?path=a/b%20c.bin", &large).0, 204);
    assert_eq!(call(&sidecar, "GET", "/fs/file?path=a/b%20c.bin", b""), (200, large));
    for path in ["../outside", "link", "%2Fetc%2Fpasswd", "a/../../outside"] {
        let (status, body) = call(&sidecar, "GET", &format!("/fs/file?path={path}"), b"");
        assert!((400..500).contains(&status) && !body.ends_with(b"secret"), "{path}: {status}");
        let (status, _) = call(&sidecar, "PUT", &format!("/fs/file?path={path}"), b"overwritten");
        assert!((400..500).contains(&status), "{path}: {status}");
    }
    assert_eq!(text(sidecar.dir.path().join("outside")), "secret");
    let (status, body) = call(&sidecar, "GET", "/fs/list?path=", b"");
    let list: DirList = serde_json::from_slice(&body).unwrap();
    assert_eq!((status, list.truncated), (200, false));
    let seen: Vec<_> = list.entries.iter().map(|e| (e.name.as_str(), e.kind)).collect();
    assert_eq!(seen, [("a", EntryKind::Directory), ("link", EntryKind::Symlink)]);
    assert_eq!(call(&sidecar, "GET", "/fs/list?path=none", b"").0, 404);
    assert_eq!(call(&sidecar, "GET", "/elsewhere", b"").0, 404);
    let (_, body) = call(&sidecar, "GET", "/health", b"");
    let health: HostHealth = serde_json::from_slice(&body).unwrap();
    assert_eq!((health.status.as_str(), health.sessions.len()), ("ok", 0));
}

#[test]
fn a_repository_there_and_back() {
    let here = tempfile::tempdir().unwrap();
    let repo = here.path();
    git(repo, &["init", "--quiet", "-b", "work"]);
    std::fs::write(repo.join("kept"), "kept\n").unwrap();
    std::fs::write(repo.join("changed"), "before\n").unwrap();
    git(repo, &["add", "."]);
    git(repo, &["commit", "--quiet", "-m", "base"]);
    git(repo, &["bundle", "create", "--quiet", "../in.bundle", "work"]);
    let path = repo.parent().unwrap().join("in.bundle");
    let bundle = std::fs::read(&path).unwrap();
    std::fs::remove_file(path).unwrap();

    let sidecar = Sidecar::around(Around::Sandbox, |_| {});
    let (status, body) = call(&sidecar, "POST", "/repo/import?dir=&branch=work", &bundle);
    assert_eq!(status, 204, "{}", String::from_utf8_lossy(&body));
    assert_eq!(call(&sidecar, "GET", "/repo/diff?dir=", b""), (200, Vec::new()));

    // The agent commits one change and leaves others: staged, untracked, binary, ignored.
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let script = "sh printf 'after\\n' > changed && git -c user.name=a -c user.email=a@a commit -qam done \
                  && printf new > untracked && printf '\\000\\001' > binary && echo skip > .gitignore && echo x > skip \
                  && printf staged > staged && git add staged && git status --short > /tmp/status; cat /tmp/status; git log --oneline | wc -l";
    let id = link.prompt(script);
    assert_eq!(link.done(id), ok("end_turn"));
    let before = link.text();
    assert!(before.contains("2\n"), "{before}");

    let (status, diff) = call(&sidecar, "GET", "/repo/diff?dir=", b"");
    assert_eq!(status, 200);
    let patched = tempfile::tempdir().unwrap();
    git(patched.path(), &["clone", "--quiet", repo.to_str().unwrap(), "p"]);
    let patch = patched.path().join("patch");
    std::fs::write(&patch, &diff).unwrap();
    git(&patched.path().join("p"), &["apply", patch.to_str().unwrap()]);
    assert_eq!(text(patched.path().join("p/changed")), "after\n");
    assert_eq!(text(patched.path().join("p/untracked")), "new");
    assert_eq!(std::fs::read(patched.path().join("p/binary")).unwrap(), [0, 1]);
    assert!(!patched.path().join("p/skip").exists());

    let (status, bundle) = call(&sidecar, "GET", "/repo/bundle?dir=", b"");
    assert_eq!(status, 200, "{}", String::from_utf8_lossy(&bundle));
    let out = patched.path().join("out.bundle");
    std::fs::write(&out, &bundle).unwrap();
    git(repo, &["fetch", "--quiet", out.to_str().unwrap(), "lia/result:result"]);
    assert_eq!(git(repo, &["show", "result:untracked"]), "new");
    assert_eq!(git(repo, &["rev-list", "--count", "work..result"]).trim(), "2");

    // What the agent had staged is as it was.
    let id = link.prompt("sh git status --short | diff - /tmp/status && echo same");
    assert_eq!(link.done(id), ok("end_turn"));
    assert!(link.text().ends_with("same\nsh: exit status: 0\n"), "{}", link.text());

    let (status, body) = call(&sidecar, "POST", "/repo/import?dir=elsewhere&branch=", b"this is no bundle");
    assert_eq!(status, 500, "{}", String::from_utf8_lossy(&body));
    assert_eq!(call(&sidecar, "GET", "/repo/diff?dir=..", b"").0, 400);
}

/// A good answer, read.
fn seen<T: serde::de::DeserializeOwned>(sidecar: &Sidecar, method: &str, target: &str, body: &[u8]) -> T {
    let (status, body) = call(sidecar, method, target, body);
    assert!(status < 300, "{target}: {status} {}", String::from_utf8_lossy(&body));
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn what_a_repository_shows() {
    let repo = tempfile::tempdir().unwrap();
    let repo = repo.path();
    git(repo, &["init", "--quiet", "-b", "work"]);
    std::fs::write(repo.join("file"), "one\n").unwrap();
    git(repo, &["add", "."]);
    git(repo, &["commit", "--quiet", "-m", "first \u{fc} line\n\nand more"]);
    git(repo, &["bundle", "create", "--quiet", "in.bundle", "work"]);
    let sidecar = Sidecar::around(Around::Sandbox, |_| {});
    let bundle = std::fs::read(repo.join("in.bundle")).unwrap();
    assert_eq!(call(&sidecar, "POST", "/repo/import?dir=app&branch=work", &bundle).0, 204);
    let head = git(repo, &["rev-parse", "HEAD"]).trim().to_owned();

    let branches: GitBranchList = seen(&sidecar, "GET", "/git/branches?path=app", b"");
    let [work] = &branches.branches[..] else { panic!("{branches:?}") };
    assert_eq!(
        (work.name.as_str(), work.sha.as_str(), work.current, work.remote),
        ("work", &*head, true, false)
    );
    let commits: GitCommitList = seen(&sidecar, "GET", "/git/commits?path=app&limit=5", b"");
    let [commit] = &commits.commits[..] else { panic!("{commits:?}") };
    assert_eq!((commits.branch.as_str(), commit.sha.as_str()), ("work", &*head));
    assert_eq!((commit.message.as_str(), commit.author_name.as_str()), ("first \u{fc} line", "t"));
    assert!(head.starts_with(&commit.short_sha) && commit.date.contains('T'));
    let again: GitCommitList = seen(&sidecar, "GET", "/git/commits?path=/workspace/app&branch=work", b"");
    assert_eq!(again, commits);

    let add = |body: serde_json::Value| call(&sidecar, "POST", "/git/worktrees", body.to_string().as_bytes());
    let (status, body) =
        add(json!({ "name": "x", "path": "app", "newBranch": "topic", "startPoint": "work" }));
    assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    let made: GitWorktreeCreated = serde_json::from_slice(&body).unwrap();
    assert_eq!(made.path, "/workspace/.lia/worktrees/app/x");
    assert_eq!(text(sidecar.workspace().join(".lia/worktrees/app/x/file")), "one\n");
    let trees: GitWorktreeList = seen(&sidecar, "GET", "/git/worktrees?path=app", b"");
    let shown: Vec<_> = trees.worktrees.iter().map(|t| (t.path.as_str(), t.branch.as_deref())).collect();
    assert_eq!(shown, [("/workspace/app", Some("work")), (&*made.path, Some("topic"))]);
    // A worktree's `.git` is a file, which names its place.
    let folder: FileSystemSnapshot =
        seen(&sidecar, "GET", "/fs/snapshot?path=.lia/worktrees/app&all=true", b"");
    assert_eq!(folder.entries[0].git.as_ref().unwrap().branch, "topic");

    // No name is an option, a path or a range.
    for body in [
        json!({ "name": "../y", "path": "app" }),
        json!({ "name": "-f", "path": "app" }),
        json!({ "name": "y", "path": "app", "branch": "--detach" }),
        json!({ "name": "y", "path": "app", "newBranch": "-d" }),
        json!({ "name": "y", "path": "app", "newBranch": "a", "startPoint": "--orphan" }),
        json!({ "name": "y", "path": "app", "newBranch": "a b" }),
        json!({ "name": "x", "path": "app" }),
        json!({ "name": "y", "path": "app", "branch": "none" }),
        json!({ "name": "y", "path": "" }),
        json!({ "name": "y", "path": "none" }),
    ] {
        let (status, said) = add(body.clone());
        assert_eq!(status, 400, "{body}: {}", String::from_utf8_lossy(&said));
    }
    let marker = sidecar.workspace().join("app/marker");
    for query in [
        "path=app&branch=--output%3D/workspace/app/marker",
        "path=app&branch=work..HEAD",
        "path=app&branch=none",
        "path=",
        "path=none",
    ] {
        let (status, said) = call(&sidecar, "GET", &format!("/git/commits?{query}"), b"");
        assert_eq!(status, 400, "{query}: {}", String::from_utf8_lossy(&said));
    }
    assert!(!marker.exists());
    for path in ["..", "/etc", "app/../.."] {
        assert_eq!(call(&sidecar, "GET", &format!("/git/branches?path={path}"), b"").0, 403, "{path}");
    }
}

#[test]
fn a_preview_and_a_snapshot() {
    let sidecar = Sidecar::start();
    std::fs::write(sidecar.dir.path().join("outside"), "secret").unwrap();
    std::os::unix::fs::symlink("../outside", sidecar.workspace().join("link")).unwrap();
    std::fs::write(sidecar.workspace().join("file"), "\u{1f600}".repeat(60_000)).unwrap();
    let preview: FilePreview = seen(&sidecar, "GET", "/fs/preview?path=file", b"");
    assert_eq!((preview.path.as_str(), preview.truncated, preview.max_chars), ("file", true, 100_000));
    assert_eq!(preview.content.encode_utf16().count(), 100_000);
    for (path, status) in
        [("", 400), ("none", 404), (".", 404), ("link", 403), ("../outside", 403), ("/etc/passwd", 403)]
    {
        let (got, body) = call(&sidecar, "GET", &format!("/fs/preview?path={path}"), b"");
        assert_eq!(got, status, "{path}");
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
    let folder: FileSystemSnapshot = seen(&sidecar, "GET", "/fs/snapshot?path=&all=false", b"");
    assert_eq!(folder.path.as_deref(), Some(folder.root.as_str()));
    assert_eq!(folder.entries.iter().map(|e| e.path.as_str()).collect::<Vec<_>>(), ["file", "link"]);
}

/// A hostile repository's hooks and monitors do not run, and a hostile `git` gets no further than the agent's own side.
#[test]
fn git_runs_where_the_agent_runs() {
    let sidecar = Sidecar::around(Around::Sandbox, |c| {
        c.env.insert("PATH".to_owned(), "/workspace/bin:/usr/bin:/bin".to_owned());
    });
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let id = link.prompt("sh mkdir bin; printf '#!/bin/sh\\ncase $* in *write-tree) yes;; esac\\n' > bin/git; chmod +x bin/git; mkdir .git");
    assert_eq!(link.done(id), ok("end_turn"));
    let (status, body) = call(&sidecar, "GET", "/repo/diff?dir=", b"");
    let body = String::from_utf8_lossy(&body);
    assert_eq!(status, 500, "{body}");
    assert!(body.contains("more than expected"), "{body}");
}
