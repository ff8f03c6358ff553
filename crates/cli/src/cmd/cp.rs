//! `cp`: files and folders between here and a task's workspace.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use lia_client::Client;
use lia_protocol::{host_api::EntryKind, ids::TaskId, limits};

use crate::{
    args::Cp,
    cmd::pull::save,
    context::{Cx, find_task},
    text::{bytes, line},
};

/// Folders within folders.
const DEPTH: usize = 64;

/// One end of a copy.
#[derive(Debug, PartialEq, Eq)]
enum End<'a> {
    Here(&'a Path),
    Task(&'a str, &'a str),
}

impl<'a> End<'a> {
    fn parse(given: &'a str) -> Self {
        if let Some((task, path)) = given.split_once(':')
            && task.len() >= 4
            && task.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
        {
            return Self::Task(task, path.trim_matches('/'));
        }
        Self::Here(Path::new(given))
    }
}

/// `lia cp`
pub async fn cp(cx: &Cx, args: Cp) -> Result<()> {
    let client = cx.client()?;
    let copy = |task| Copy { cx, client: &client, task, recursive: args.recursive };
    match (End::parse(&args.from), End::parse(&args.to)) {
        (End::Task(task, path), End::Here(to)) => {
            let task = find_task(&client, task).await?.id;
            copy(task).fetch(path, to).await
        }
        (End::Here(from), End::Task(task, path)) => {
            let task = find_task(&client, task).await?.id;
            // A slash at the end means a folder.
            let into = args.to.ends_with('/') || path.is_empty();
            copy(task).bring(from, path, into).await
        }
        (End::Here(_), End::Here(_)) => {
            bail!("one of the two is in a task: TASK:PATH, as in 0199c0a1-b2c3:src/main.rs")
        }
        (End::Task(..), End::Task(..)) => bail!("one of the two is here; copy between tasks in two steps"),
    }
}

struct Copy<'a> {
    cx: &'a Cx,
    client: &'a Client,
    task: TaskId,
    recursive: bool,
}

impl Copy<'_> {
    async fn fetch(&self, path: &str, to: &Path) -> Result<()> {
        if to == Path::new("-") {
            use futures_util::StreamExt as _;
            let mut chunks = std::pin::pin!(self.client.read_file(self.task, path).await?.chunks());
            while let Some(chunk) = chunks.next().await {
                self.cx.ui.write(&chunk?)?;
            }
            return Ok(());
        }
        let name = path.rsplit('/').next().unwrap_or_default();
        // Into an existing folder, the name stays.
        let target = if to.is_dir() && !name.is_empty() { to.join(name) } else { to.to_owned() };
        if self.recursive {
            return self.fetch_folder(path, &target).await;
        }
        let download = self.client.read_file(self.task, path).await.map_err(|e| self.explain(e, path))?;
        let size = save(download, &target).await?;
        self.cx.ui.note(&format!("{} ({})", target.display(), bytes(size)));
        Ok(())
    }

    async fn fetch_folder(&self, path: &str, target: &Path) -> Result<()> {
        let mut work = vec![(path.to_owned(), target.to_owned(), 0)];
        let (mut files, mut total) = (0u64, 0u64);
        while let Some((path, target, depth)) = work.pop() {
            let list = self.client.files(self.task, &path).await?;
            if list.truncated {
                self.cx.ui.note(&format!(
                    "{}: only the first {} entries come along",
                    line(&path, 200),
                    list.entries.len()
                ));
            }
            std::fs::create_dir_all(&target)
                .with_context(|| format!("{} cannot be made", target.display()))?;
            for entry in list.entries {
                let inside =
                    if path.is_empty() { entry.name.clone() } else { format!("{path}/{}", entry.name) };
                if !is_plain_name(&entry.name) {
                    self.cx
                        .ui
                        .note(&format!("left out, since the name is none here: {}", line(&inside, 200)));
                    continue;
                }
                let here = target.join(&entry.name);
                match entry.kind {
                    EntryKind::Directory if depth < DEPTH => work.push((inside, here, depth + 1)),
                    EntryKind::File => {
                        let download = self.client.read_file(self.task, &inside).await?;
                        total += save(download, &here).await?;
                        files += 1;
                    }
                    EntryKind::Directory | EntryKind::Symlink | EntryKind::Other => {
                        self.cx
                            .ui
                            .note(&format!("left out, neither file nor folder: {}", line(&inside, 200)));
                    }
                }
            }
        }
        self.cx.ui.note(&format!("{}: {files} files, {}", target.display(), bytes(total)));
        Ok(())
    }

    async fn bring(&self, from: &Path, path: &str, into: bool) -> Result<()> {
        let meta = std::fs::metadata(from).with_context(|| format!("{} cannot be read", from.display()))?;
        let own = || {
            let real = from.canonicalize().ok()?;
            real.file_name()?.to_str().map(str::to_owned)
        };
        let target = match own().filter(|_| into) {
            Some(name) if path.is_empty() => name,
            Some(name) => format!("{path}/{name}"),
            None => path.to_owned(),
        };
        if !meta.is_dir() {
            let size = self.bring_file(from, &target).await?;
            self.cx.ui.note(&format!("{target} ({})", bytes(size)));
            return Ok(());
        }
        if !self.recursive {
            bail!("{} is a folder; -r copies it with all that is in it", from.display());
        }
        let mut work = vec![(from.to_owned(), target.clone(), 0)];
        let (mut files, mut total) = (0u64, 0u64);
        while let Some((here, there, depth)) = work.pop() {
            for (path, kind) in entries(&here)? {
                let Some(name) = path.file_name().and_then(|n| n.to_str()).filter(|n| is_plain_name(n))
                else {
                    self.cx.ui.note(&format!("left out, since the name is none there: {}", path.display()));
                    continue;
                };
                let inside = format!("{there}/{name}");
                if kind.is_dir() && depth < DEPTH {
                    work.push((path, inside, depth + 1));
                } else if kind.is_file() {
                    total += self.bring_file(&path, &inside).await?;
                    files += 1;
                } else {
                    self.cx.ui.note(&format!("left out, neither file nor folder: {}", path.display()));
                }
            }
        }
        self.cx.ui.note(&format!("{target}: {files} files, {}", bytes(total)));
        Ok(())
    }

    async fn bring_file(&self, from: &Path, target: &str) -> Result<u64> {
        let failed = || format!("{} cannot be read", from.display());
        let file = tokio::fs::File::open(from).await.with_context(failed)?;
        let size = file.metadata().await.with_context(failed)?.len();
        if size > limits::HOST_FILE_BYTES {
            bail!(
                "{} has {}; a file may have {}",
                from.display(),
                bytes(size),
                bytes(limits::HOST_FILE_BYTES)
            );
        }
        self.client.write_file(self.task, target, size, file).await.map_err(|e| self.explain(e, target))?;
        Ok(size)
    }

    fn explain(&self, e: lia_client::Error, path: &str) -> anyhow::Error {
        let folder = !self.recursive && e.code() == Some(lia_client::ErrorCode::BadRequest);
        let hint = if folder { " (a folder needs -r)" } else { "" };
        anyhow::Error::new(e).context(format!("{}{hint}", line(path, 200)))
    }
}

/// Whether a name from an instance can be a file's name here and nothing more.
fn is_plain_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0', '\u{fffd}']) && name.len() <= 255
}

fn entries(dir: &Path) -> Result<Vec<(PathBuf, std::fs::FileType)>> {
    let failed = || format!("{} cannot be read", dir.display());
    let list = std::fs::read_dir(dir).with_context(failed)?;
    let mut out = Vec::new();
    for entry in list {
        let entry = entry.with_context(failed)?;
        out.push((entry.path(), entry.file_type().with_context(failed)?));
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_end_is_where() {
        assert_eq!(End::parse("0199c0a1-b2c3:/src/a.rs"), End::Task("0199c0a1-b2c3", "src/a.rs"));
        assert_eq!(End::parse("0199:"), End::Task("0199", ""));
        assert_eq!(End::parse("./0199:x"), End::Here(Path::new("./0199:x")));
        assert_eq!(End::parse("abc:x"), End::Here(Path::new("abc:x")), "fewer than 4 digits");
        assert_eq!(End::parse("file.txt"), End::Here(Path::new("file.txt")));
    }

    #[test]
    fn names_from_an_instance() {
        for bad in ["", ".", "..", "a/b", "/etc", "a\0", "a\u{fffd}"] {
            assert!(!is_plain_name(bad), "{bad:?}");
        }
        assert!(is_plain_name(".env") && is_plain_name("a b\u{e9}"));
    }
}
