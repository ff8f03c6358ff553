//! How long a sandboxed sidecar takes to answer, against the same program spawned bare; the two take turns.
//!
//! `cargo run -p lia-runtime --example start-bench -- <sidecar> [rounds]`

#![allow(clippy::print_stdout, reason = "its figures are for whoever runs it")]

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::{
            net::{UnixListener, UnixStream},
            process::CommandExt as _,
        },
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use lia_protocol::{
    boot::{BootConfig, Separation},
    ids::InstanceId,
    secret::Secret,
    task::TaskConfig,
};
use lia_runtime::{
    InstanceSpec, Ledger, Resource, Runtime as _, RuntimeError,
    local::{Local, LocalOptions},
};

struct NoLedger;

#[async_trait]
impl Ledger for NoLedger {
    async fn record(&self, _: InstanceId, _: &[Resource]) -> Result<(), RuntimeError> {
        Ok(())
    }
    async fn strike(&self, _: InstanceId, _: &[Resource]) -> Result<(), RuntimeError> {
        Ok(())
    }
    async fn of(&self, _: InstanceId) -> Result<Vec<Resource>, RuntimeError> {
        Ok(Vec::new())
    }
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args_os().skip(1);
    let sidecar: PathBuf = args.next().expect("the sidecar's path").into();
    let rounds: usize = args.next().and_then(|n| n.to_str()?.parse().ok()).unwrap_or(30);
    let dir = tempfile::tempdir().expect("a folder");
    let mut bare = Vec::new();
    let mut sandboxed = [Vec::new(), Vec::new()];
    for (n, times) in sandboxed.iter_mut().enumerate() {
        let mut options = LocalOptions::new(dir.path().join(n.to_string()), &sidecar);
        options.warm = n;
        let local = Local::new(options).await.expect("a runtime");
        local.prepare(TaskConfig::default().storage_gb, Vec::new());
        for _ in 0..rounds {
            local.settled().await;
            bare.push(spawn_bare(&sidecar, dir.path()));
            times.push(start(&local).await);
        }
        local.shutdown().await;
    }
    let [cold, warm] = &mut sandboxed;
    println!("bare spawn to handshake    p50 {:?}", median(&mut bare));
    println!("sandbox, made on demand    p50 {:?}", median(cold));
    println!("sandbox, made ahead        p50 {:?}", median(warm));
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

async fn start(local: &Local) -> Duration {
    let ledger = Arc::new(NoLedger);
    let spec = InstanceSpec {
        id: InstanceId::new(),
        secret: Secret::new("s"),
        config: TaskConfig::default(),
        read_only: Vec::new(),
        env: BTreeMap::new(),
        ports: Vec::new(),
        failpoints: Vec::new(),
        keep: false,
    };
    let begun = Instant::now();
    let record = local.start(spec, ledger.clone()).await.expect("an instance");
    let took = begun.elapsed();
    local.delete(record.id, ledger).await.expect("its end");
    took
}

/// The same program without any sandbox: spawn, configuration, `CONNECT`, `OK`.
fn spawn_bare(sidecar: &Path, dir: &Path) -> Duration {
    let state = dir.join("state");
    std::fs::create_dir_all(&state).expect("a folder");
    let path = dir.join("s");
    let _ = std::fs::remove_file(&path);
    let config = BootConfig {
        instance: InstanceId::new(),
        secret: Secret::new("s"),
        state_dir: state.display().to_string(),
        hide: Vec::new(),
        workspace: "/tmp".into(),
        home: "/tmp".into(),
        agent_uid: 1000,
        separation: Separation::Uid,
        nested: false,
        transparent: false,
        journal_bytes: 1 << 20,
        env: BTreeMap::new(),
        ports: Vec::new(),
        failpoints: Vec::new(),
    };
    let begun = Instant::now();
    let listener = UnixListener::bind(&path).expect("a socket");
    let (read, write) = std::io::pipe().expect("a pipe");
    let (listen, read) = (OwnedFd::from(listener), OwnedFd::from(read));
    let mut command = Command::new(sidecar);
    command
        .args(["--config-fd", "100", "--listen-fd", "101"])
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let fds = [(read.as_raw_fd(), 100), (listen.as_raw_fd(), 101)];
    // SAFETY: the closure makes system calls only.
    unsafe {
        command.pre_exec(move || {
            for (from, to) in fds {
                if libc::dup2(from, to) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
    let mut child = command.spawn().expect("the sidecar");
    (&write).write_all(&serde_json::to_vec(&config).expect("JSON")).expect("a configuration");
    drop(write);
    let mut stream = UnixStream::connect(&path).expect("a connection");
    stream.write_all(b"CONNECT 5000\n").expect("a question");
    let mut answer = String::new();
    BufReader::new(&stream).read_line(&mut answer).expect("an answer");
    let took = begun.elapsed();
    assert!(answer.starts_with("OK"), "{answer}");
    child.kill().expect("its end");
    child.wait().expect("its end");
    took
}
