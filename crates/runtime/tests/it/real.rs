//! The same limits with the real sidecar and an agent in it: what the agent does hits the agent, and the sidecar goes on.

use bytes::Bytes;
use lia_protocol::{
    boot::{PLACEHOLDER_KEY, PORT_CONTROL},
    ids::{LinkEpoch, Offset, SessionId},
    link::{AgentStart, HostHello, HostLine, Init, LINK_VERSION, SidecarLine},
    secret::Secret,
    template::AgentMode,
};
use lia_runtime::{InstanceRecord, InstanceStatus, Runtime as _, Stream};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use crate::support::{Host, for_each_user, is_root, sidecar, spec};

/// What a script prints as a terminal agent, and its exit code.
async fn agent(host: &Host, record: &InstanceRecord, script: &str) -> (String, i32) {
    agent_over(host.open_port(record, PORT_CONTROL).await, script).await
}

/// The same over a stream past its preamble.
pub async fn agent_over(mut stream: BufReader<Box<dyn Stream>>, script: &str) -> (String, i32) {
    let session = SessionId::new();
    let hello = HostHello { protocol: LINK_VERSION, session, link_epoch: LinkEpoch(1), acked: Offset::ZERO };
    let start = AgentStart {
        mode: AgentMode::Terminal,
        command: "/bin/sh".into(),
        args: vec!["-c".into(), script.into()],
        env: [].into(),
        home_files: [].into(),
        authenticate: None,
        load: None,
        clone: Vec::new(),
        cwd: None,
        setup: None,
        setup_seconds: None,
        cols: 80,
        rows: 24,
    };
    let init = Init {
        api_key: Secret::new(PLACEHOLDER_KEY),
        prompt: String::new(),
        files: None,
        prompt_id: None,
        agent: Some(start),
    };
    for line in [HostLine::Hello(hello), HostLine::Init(Box::new(init))] {
        let mut line = serde_json::to_vec(&line).unwrap();
        line.push(b'\n');
        stream.write_all(&line).await.unwrap();
    }
    let mut out = String::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await.unwrap();
        assert_eq!(line.pop(), Some(b'\n'), "the link ended after {out}");
        match SidecarLine::parse(&Bytes::from(line)).unwrap() {
            SidecarLine::Output { data, .. } => out.push_str(&data),
            SidecarLine::Exit { exited, .. } => return (out, exited.code),
            SidecarLine::Error { error, .. } => panic!("{error:?}: {out}"),
            SidecarLine::Refused { reason } => panic!("{reason}"),
            _ => {}
        }
    }
}

#[test]
fn an_agent_is_contained_and_its_sidecar_goes_on() {
    for_each_user("real::an_agent_is_contained_and_its_sidecar_goes_on", || async {
        let host = Host::with(|o| {
            o.sidecar = sidecar();
            o.pids = 64;
            o.warm = 1;
        })
        .await;
        let record = host.start(&spec()).await.unwrap();
        let named = host.ledger.all();
        let (out, code) =
            agent(&host, &record, "id -un; pwd; echo x >f; ls -A / | tr '\\n' ' '; ls -A /lia; exit 7").await;
        assert!(out.starts_with("agent\r\n/workspace\r\n") && code == 7, "{code}: {out}");
        assert!(!out.contains("state") && !out.contains("sidecar"), "{out}");

        let (out, _) = agent(&host, &record, "for i in $(seq 100); do sleep 100 & done; echo did").await;
        assert!(out.contains("fork"), "{out}");
        let full = "fallocate -l 900M a; fallocate -l 1100M b; rm -f a b";
        let (out, _) = agent(&host, &record, full).await;
        let said =
            if is_root() { ["No space left"; 2] } else { ["File too large", "File size limit exceeded"] };
        assert!(said.iter().any(|s| out.contains(s)), "{out}");
        if is_root() {
            let (out, code) = agent(&host, &record, "tail /dev/zero; echo ended $?").await;
            assert!(out.contains("ended 137") || code == 137, "{code}: {out}");
        }
        assert_eq!(host.local.status(&record).await.unwrap(), InstanceStatus::Running);
        assert_eq!(agent(&host, &record, "cat f").await, ("x\r\n".to_owned(), 0));
        host.delete(record.id).await;
        host.local.shutdown().await;
        host.assert_nothing_left(&named);
    });
}
