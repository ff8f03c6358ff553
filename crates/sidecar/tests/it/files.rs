//! Changes of files, told over the control link.

use std::{collections::BTreeMap, fs};

use lia_protocol::{
    event::FsChanged,
    link::{HostLine, SidecarLine},
    template::AgentMode,
};

use crate::host::{Around, Link, Sidecar, shell};

/// How paths changed, of all hints up to the one with the last path that is waited for.
fn told(link: &mut Link, last: &str) -> BTreeMap<String, &'static str> {
    let mut all = BTreeMap::new();
    while !all.contains_key(last) {
        let changed = link.until(|l| match l {
            SidecarLine::Changed(changed) => Some(changed.clone()),
            _ => None,
        });
        assert!(changed.is_bounded() && changed.truncated.is_none(), "{changed:?}");
        let FsChanged { paths, added, deleted, .. } = changed;
        all.extend(added.into_iter().map(|p| (p, "added")));
        all.extend(paths.into_iter().map(|p| (p, "modified")));
        all.extend(deleted.into_iter().map(|p| (p, "deleted")));
    }
    all
}

fn typed(link: &mut Link, line: &str) {
    link.send(&HostLine::Input { data: format!("{line}\r") });
}

/// The agent runs in namespaces of its own, and its files are told all the same.
#[test]
fn what_an_agent_does_to_its_files_is_told() {
    for around in [Around::Nothing, Around::User, Around::Machine, Around::Sandbox] {
        let sidecar = Sidecar::around(around, |_| {});
        let mut link = sidecar.link(1, 0);
        link.init(shell(AgentMode::Terminal, "exec sh"));
        typed(&mut link, "mkdir -p src/deep .git && echo x > .git/HEAD && echo x > src/deep/a && echo x > b");
        let first = told(&mut link, "b");
        assert_eq!(first.get("src/deep/a"), Some(&"added"), "{around:?} {first:?}");
        assert!(first.keys().all(|path| !path.starts_with(".git")), "{first:?}");
        typed(&mut link, "echo y > src/deep/a && rm b && mv src lib && echo z > last");
        let next = told(&mut link, "last");
        for (path, how) in [("b", "deleted"), ("src", "deleted"), ("lib/deep/a", "added"), ("last", "added")]
        {
            assert_eq!(next.get(path), Some(&how), "{around:?} {next:?}");
        }
        typed(&mut link, "echo z > lib/deep/a");
        assert_eq!(told(&mut link, "lib/deep/a").len(), 1);
    }
}

/// What happens while nobody is linked is folded into one hint; it comes once.
#[test]
fn hints_wait_for_a_link() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(shell(AgentMode::Terminal, "exec sh"));
    typed(&mut link, "echo x > a");
    told(&mut link, "a");
    let last = link.last;
    drop(link);
    fs::remove_file(sidecar.workspace().join("a")).unwrap();
    fs::write(sidecar.workspace().join("b"), "").unwrap();
    let mut link = sidecar.link(2, last);
    assert_eq!(told(&mut link, "b"), [("a".to_owned(), "deleted"), ("b".to_owned(), "added")].into());
    typed(&mut link, "echo x > c");
    let next = told(&mut link, "c");
    assert_eq!(next.into_keys().collect::<Vec<_>>(), ["c"]);
}

/// The journal's last line is the last line; a hint of what came before it comes before it.
#[test]
fn the_last_changes_are_told_before_the_end() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(shell(AgentMode::Terminal, "read line; echo x > last; exit 3"));
    typed(&mut link, "go");
    let mut hints = Vec::new();
    let exited = link.until(|l| match l {
        SidecarLine::Exit { exited, .. } => Some(exited.code),
        SidecarLine::Changed(changed) => {
            hints.extend(changed.added.clone());
            None
        }
        _ => None,
    });
    assert_eq!((exited, hints), (3, vec!["last".to_owned()]));
}

/// A host that allows no queue: the session goes on, and it is said once.
#[test]
fn a_host_that_lets_nothing_be_watched() {
    let sidecar = Sidecar::around(Around::NoWatches, |_| {});
    let mut link = sidecar.link(1, 0);
    link.init(shell(AgentMode::Terminal, "echo x > a; echo up; exec sh"));
    typed(&mut link, "exit 4");
    assert_eq!(link.exit().code, 4);
    let said = link.seen.iter().filter_map(|l| match l {
        SidecarLine::Progress { progress, .. } => Some((&*progress.stage, &*progress.message)),
        _ => None,
    });
    let said: Vec<_> = said.collect();
    assert!(said.len() == 1 && said[0].0 == "files_unwatched", "{said:?}");
    assert!(said[0].1.contains("fs.inotify.max_user_watches"), "{said:?}");
}
