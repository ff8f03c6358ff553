//! `spawn`: a prompt, what goes with it, and the first turn.

use std::{
    io::Read as _,
    path::{Component, Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use lia_client::Client;
use lia_protocol::{
    ids::{Seq, UserId},
    limits,
    names::{Env, safe_relative_name},
    task::{CreateTaskRequest, FileEncoding, Repository, TaskConfigRequest, TaskFile, TaskResponse},
    template::AgentMode,
};

use crate::{
    args::Spawn,
    cmd::raw,
    context::{Cx, mode_of, read_stdin},
    repo::Repo,
    session::{Options, Outcome, Session, Until},
    text::{self, short},
};

/// Attempts to create a task whose answer was lost; the key makes the repeat harmless.
const ATTEMPTS: u32 = 4;

/// `lia spawn`
pub async fn spawn(cx: &Cx, args: Spawn) -> Result<ExitCode> {
    let request = request(&args)?;
    let client = cx.client()?;
    let user_id: UserId = match &args.user {
        Some(user) => user.parse()?,
        None => client.me().await?.user_id,
    };
    let mut request = CreateTaskRequest { user_id, ..request };
    if let Some(path) = &args.repo {
        request.repositories.insert(0, upload(cx, &client, path).await?);
    }
    let task = create(&client, &request).await?;
    let id = short(task.id);
    if cx.ui.json {
        cx.ui.json_line(&task)?;
    } else if args.detach {
        cx.ui.line(task.id.to_string())?;
    }
    if args.detach {
        cx.ui.note(&format!("lia attach {id} shows what it does; its page is {}", task.web_url));
        return Ok(ExitCode::SUCCESS);
    }
    cx.ui.note(&format!("task {id}  {}", task.web_url));
    let terminal = mode_of(&client, &task).await? == AgentMode::Terminal;
    if terminal && raw::possible(cx) {
        return raw::attach(cx, &client, &task, Seq::ZERO).await;
    }
    // A terminal has no turns: what ends is the program.
    let until = if args.follow || terminal { Until::End } else { Until::FirstTurn };
    let prompts = args.follow && args.prompt != "-";
    let options = Options { from: Seq::ZERO, until, yes: args.yes, prompts };
    let (outcome, over) = Session::new(&cx.ui, &client, task.id, options).run().await?;
    if until == Until::FirstTurn && outcome != Outcome::Lost {
        cx.ui.note(&next_steps(&args, &id, over));
    }
    Ok(outcome.code())
}

fn next_steps(args: &Spawn, id: &str, over: bool) -> String {
    let mut steps = Vec::new();
    if !over {
        steps.push(format!("lia attach {id} goes on"));
    }
    if args.repo.is_some() {
        steps.push(format!("lia diff {id} and lia pull {id} bring the change"));
    }
    steps.push(if over { format!("lia rm {id} removes it") } else { format!("lia stop {id} ends it") });
    steps.join("; ")
}

/// All that does not need a server. The owner is filled in later.
fn request(args: &Spawn) -> Result<CreateTaskRequest> {
    let prompt =
        if args.prompt == "-" { read_stdin(4 * limits::PROMPT_UTF16.end())? } else { args.prompt.clone() };
    let config = TaskConfigRequest {
        timeout_minutes: args.timeout,
        max_memory_mb: args.memory,
        vcpu_count: args.cpus,
        storage_gb: args.storage,
    };
    let files = args.files.iter().map(|f| file(f)).collect::<Result<Vec<_>>>()?;
    let ssh_public_key = args.ssh_key.as_deref().map(read_key).transpose()?;
    Ok(CreateTaskRequest {
        prompt,
        user_id: "-".parse()?,
        guild_id: None,
        config: (config != TaskConfigRequest::default()).then_some(config),
        files: (!files.is_empty()).then_some(files),
        ssh_public_key,
        template: args.template.clone(),
        allow: args.allow.clone(),
        env: Env(args.env.iter().cloned().collect()),
        repositories: args.clones.iter().cloned().map(Repository::Url).collect(),
        source: Some("cli".into()),
    })
}

fn read_key(path: &Path) -> Result<String> {
    let key = std::fs::read_to_string(path)
        .with_context(|| format!("the key {} cannot be read", path.display()))?;
    Ok(key.trim().to_owned())
}

/// `[NAME=]PATH`: a file with its name in the workspace.
fn file(given: &str) -> Result<TaskFile> {
    let (name, path) = match given.split_once('=') {
        // A file whose own name holds a '=' is meant as it stands.
        Some((name, path)) if !Path::new(given).exists() => (Some(name.to_owned()), path),
        _ => (None, given),
    };
    let path = PathBuf::from(path);
    let name = match name {
        Some(name) => name,
        None => own_name(&path).with_context(|| {
            format!("{} has no name for the workspace; give one: NAME=PATH", path.display())
        })?,
    };
    if let Err(why) = safe_relative_name(&name) {
        bail!("the name {name:?} for {}: {why}", path.display());
    }
    let failed = || format!("{} cannot be read", path.display());
    let opened = std::fs::File::open(&path).with_context(failed)?;
    if opened.metadata().with_context(failed)?.is_dir() {
        bail!(
            "{} is a folder; bring folders with --repo, or with lia cp -r once the task is there",
            path.display()
        );
    }
    let mut bytes = Vec::new();
    opened.take(limits::FILE_BYTES as u64 + 1).read_to_end(&mut bytes).with_context(failed)?;
    if bytes.len() > limits::FILE_BYTES {
        let most = text::bytes(limits::FILE_BYTES as u64);
        bail!(
            "{} is larger than {most}, the most for a file of a task; use lia cp once the task is there",
            path.display()
        );
    }
    let (content, encoding) = match String::from_utf8(bytes) {
        Ok(text) => (text, FileEncoding::Utf8),
        Err(e) => (base64::engine::general_purpose::STANDARD.encode(e.as_bytes()), FileEncoding::Base64),
    };
    Ok(TaskFile { name, content, encoding })
}

/// A relative path below here keeps its folders; any other keeps its last name.
fn own_name(path: &Path) -> Option<String> {
    let plain: PathBuf = path.components().filter(|c| *c != Component::CurDir).collect();
    let inside = plain.components().all(|c| matches!(c, Component::Normal(_)));
    let name = if inside { plain.as_os_str() } else { plain.file_name()? };
    name.to_str().filter(|n| !n.is_empty()).map(str::to_owned)
}

/// Brings a clone of a local repository.
async fn upload(cx: &Cx, client: &Client, path: &Path) -> Result<Repository> {
    let given = path.to_owned();
    let bundle = tokio::task::spawn_blocking(move || Repo::open(&given)?.bundle()).await??;
    for note in &bundle.notes {
        cx.ui.note(note);
    }
    let at = bundle.path();
    let file = tokio::fs::File::open(&at).await.context("the bundle cannot be read")?;
    let size = file.metadata().await?.len();
    if size > limits::UPLOAD_BYTES {
        let (is, most) = (text::bytes(size), text::bytes(limits::UPLOAD_BYTES));
        bail!(
            "{} has {is} with its history; a repository may have {most}; a shallow clone (git clone --depth 1) goes without it",
            path.display()
        );
    }
    let changes = if bundle.uncommitted { ", with what is not committed" } else { "" };
    cx.ui.note(&format!(
        "bringing {} ({}, branch {}{changes})",
        path.display(),
        text::bytes(size),
        bundle.branch
    ));
    let upload = client.upload(size, file).await?;
    Ok(Repository::Bundle { upload: upload.id, branch: Some(bundle.branch.clone()) })
}

async fn create(client: &Client, request: &CreateTaskRequest) -> Result<TaskResponse> {
    let key = uuid::Uuid::new_v4().to_string();
    for attempt in 1.. {
        match client.create_task(request, Some(&key)).await {
            Err(lia_client::Error::Broken { .. }) if attempt < ATTEMPTS => {
                tokio::time::sleep(Duration::from_millis(200 << attempt)).await;
            }
            answer => return Ok(answer?),
        }
    }
    bail!("the task could not be created")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_keep_their_names_and_bytes() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        std::fs::write(at("text"), "é\n").unwrap();
        std::fs::write(at("binary"), b"\xff\0").unwrap();
        std::fs::write(at("a=b"), "x").unwrap();
        let f = file(&at("text")).unwrap();
        assert_eq!((f.name.as_str(), f.content.as_str(), f.encoding), ("text", "é\n", FileEncoding::Utf8));
        let f = file(&format!("deep/name={}", at("binary"))).unwrap();
        assert_eq!((f.name.as_str(), f.bytes().unwrap()), ("deep/name", b"\xff\0".to_vec()));
        assert_eq!(file(&at("a=b")).unwrap().name, "a=b");
        for (bad, why) in [
            (format!("../up={}", at("text")), "'..'"),
            (at("none"), "none"),
            (dir.path().display().to_string(), "folder"),
        ] {
            let e = format!("{:#}", file(&bad).unwrap_err());
            assert!(e.contains(why), "{e}");
        }
    }

    #[test]
    fn own_names() {
        let name = |p: &str| own_name(Path::new(p));
        assert_eq!(name("src/main.rs").as_deref(), Some("src/main.rs"));
        assert_eq!(name("./src//main.rs").as_deref(), Some("src/main.rs"));
        assert_eq!(name("../x/y").as_deref(), Some("y"));
        assert_eq!(name("/etc/hosts").as_deref(), Some("hosts"));
        assert_eq!([name(".."), name("/"), name(".")], [None, None, None]);
    }
}
