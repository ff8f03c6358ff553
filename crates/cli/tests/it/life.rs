//! Tasks from beginning to end, without a terminal.

use lia_tests::{Server, ServerOptions};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::lia::{PATIENCE, done, lia, ok};

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn turns_end_in_exit_codes() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let spawn = async |prompt: &str| done(lia(&server, &["spawn", "--template", "scripted", prompt])).await;
    let good = spawn("say hello").await.expect(0);
    assert_eq!(good.out.trim(), "hello", "standard output holds the agent's words alone");
    assert!(good.err.contains("lia attach"), "{}", good.err);
    spawn("refuse").await.expect(2);
    spawn("max_tokens").await.expect(2);
    let failed = spawn("error it broke").await.expect(4);
    assert!(failed.err.contains("it broke"), "{}", failed.err);
    spawn("say x\ncrash 3").await.expect(4);
    let no_template = done(lia(&server, &["spawn", "--template", "nothing", "x"])).await.expect(1);
    assert!(no_template.err.contains("nothing"), "{}", no_template.err);
    let no_memory =
        done(lia(&server, &["spawn", "--template", "scripted", "--memory", "1", "x"])).await.expect(1);
    assert!(no_memory.err.contains("config.max_memory_mb"), "{}", no_memory.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn looking_at_tasks() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let id = ok(&server, &["spawn", "--template", "scripted", "--detach", "-q", "say one; say two"]).await;
    let id = id.word().to_owned();
    let other = ok(&server, &["spawn", "--template", "scripted", "-d", "say other"]).await.word().to_owned();
    let follow = ["output", "-f", "--json", &id];
    let attached = ok(&server, &follow);
    let stopped = async {
        // Its turn has ended when a prompt that was queued behind it has.
        ok(&server, &["input", &id, "say three"]).await;
        let mut log =
            lia_tests::Log::open(&server.client().unwrap(), id.parse().unwrap(), Default::default())
                .await
                .unwrap();
        log.turn().await.unwrap();
        log.turn().await.unwrap();
        ok(&server, &["stop", &id]).await
    };
    let (attached, _) = tokio::join!(attached, stopped);
    let texts: String = attached.out.lines().map(|l| json(l)["data"].as_str().unwrap().to_owned()).collect();
    assert!(texts.contains("one") && texts.contains("two") && texts.contains("three"), "{texts}");

    let output = ok(&server, &["output", &id]).await;
    assert!(output.out.contains("onetwo") || output.out.contains("one\ntwo"), "{}", output.out);
    let logs = ok(&server, &["logs", &id]).await;
    assert!(
        logs.out.contains("task.state")
            && logs.out.contains("terminated")
            && logs.out.contains("session/prompt"),
        "{}",
        logs.out
    );
    let events = ok(&server, &["logs", "--json", &id]).await;
    for (i, line) in events.out.lines().enumerate() {
        assert_eq!(json(line)["seq"], i + 1, "one object per line, gapless");
    }

    let list = ok(&server, &["ls"]).await;
    assert!(
        list.out.starts_with("TASK") && list.out.lines().count() == 3 && !list.out.contains('\x1b'),
        "{}",
        list.out
    );
    let lines: Vec<Value> = ok(&server, &["ls", "--json"]).await.out.lines().map(json).collect();
    assert_eq!(
        lines.iter().map(|t| t["id"].as_str().unwrap()).collect::<Vec<_>>(),
        [&other, &id],
        "newest first"
    );
    assert_eq!(ok(&server, &["ls", "-n", "1", "--json"]).await.out.lines().count(), 1);
    assert_eq!(ok(&server, &["ls", "--status", "terminated", "--json"]).await.out.lines().count(), 1);

    let shown = ok(&server, &["show", &id[..13]]).await;
    assert!(
        shown.out.contains(&id) && shown.out.contains("ended") && shown.out.contains("say one; say two"),
        "{}",
        shown.out
    );
    assert_eq!(json(&ok(&server, &["show", "--json", &id]).await.out)["status"], "terminated");
    let ambiguous = done(lia(&server, &["show", &id[..4]])).await.expect(1);
    assert!(ambiguous.err.contains(&id) && ambiguous.err.contains(&other), "{}", ambiguous.err);
    let short = done(lia(&server, &["show", "019"])).await.expect(1);
    assert!(short.err.contains("at least 4"), "{}", short.err);
    done(lia(&server, &["show", "ffff-ffff"])).await.expect(1);

    ok(&server, &["rm", &id, &other]).await;
    assert_eq!(ok(&server, &["ls"]).await.out, "");
    done(lia(&server, &["show", &id])).await.expect(1);
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_without_a_terminal() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let yes = ok(&server, &["spawn", "--template", "scripted", "--yes", "permission touch it"]).await;
    assert!(
        yes.out.contains("permission: ")
            && yes.err.contains("--yes: allowed once")
            && yes.err.contains("touch it"),
        "{yes:?}"
    );

    for (verb, seen) in [("approve", "allow"), ("deny", "reject")] {
        let asking = ok(&server, &["spawn", "--template", "scripted", "permission open the door"]);
        let answering = async {
            let client = server.client().unwrap();
            loop {
                let asked = client
                    .tasks(&Default::default())
                    .await
                    .unwrap()
                    .tasks
                    .into_iter()
                    .find(|t| t.pending_permissions > 0);
                if let Some(task) = asked {
                    let shown = ok(&server, &["show", &task.id.to_string()]).await;
                    assert!(
                        shown.out.contains("asks") && shown.out.contains("open the door"),
                        "{}",
                        shown.out
                    );
                    let wrong = done(lia(&server, &["approve", &task.id.to_string(), "--option", "9"]))
                        .await
                        .expect(1);
                    assert!(wrong.err.contains("allow_once"), "{}", wrong.err);
                    return ok(&server, &[verb, &task.id.to_string()]).await;
                }
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        let (asked, _) = tokio::join!(asking, answering);
        assert!(asked.err.contains("lia approve") && asked.err.contains("open the door"), "{asked:?}");
        assert!(asked.out.contains("permission: ") && asked.out.contains(seen), "{asked:?}");
    }
    let id = ok(&server, &["spawn", "--template", "scripted", "-d", "hang"]).await.word().to_owned();
    let none = done(lia(&server, &["approve", &id])).await.expect(1);
    assert!(none.err.contains("asks for nothing"), "{}", none.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_cancels_then_leaves() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let mut c = lia(&server, &["spawn", "--template", "scripted", "say begun; hang"]);
    c.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = c.spawn().unwrap();
    let mut out = tokio::io::BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("begun") {
        let mut byte = [0];
        out.read_exact(&mut byte).await.unwrap();
        line.push(char::from(byte[0]));
    }
    let pid = rustix::process::Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cancel"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pause_files_and_tokens() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("bytes"), b"\x00\xff\n").unwrap();
    let file = format!("in/bytes={}", dir.path().join("bytes").display());
    let id = ok(&server, &["spawn", "--template", "scripted", "-d", "--file", &file, "write out.txt made"])
        .await
        .word()
        .to_owned();
    let mut log = lia_tests::Log::open(&server.client().unwrap(), id.parse().unwrap(), Default::default())
        .await
        .unwrap();
    log.turn().await.unwrap();

    let at = |name: &str| dir.path().join(name).display().to_string();
    ok(&server, &["cp", &format!("{id}:in/bytes"), &at("back")]).await;
    assert_eq!(std::fs::read(at("back")).unwrap(), b"\x00\xff\n");
    assert_eq!(ok(&server, &["cp", &format!("{id}:out.txt"), "-"]).await.out.trim_end(), "made");
    std::fs::create_dir_all(at("tree/sub")).unwrap();
    std::fs::write(at("tree/sub/a"), "a").unwrap();
    std::fs::write(at("tree/b"), "b").unwrap();
    let folder = done(lia(&server, &["cp", &at("tree"), &format!("{id}:")])).await.expect(1);
    assert!(folder.err.contains("-r"), "{}", folder.err);
    ok(&server, &["cp", "-r", &at("tree"), &format!("{id}:")]).await;
    ok(&server, &["cp", "-r", &format!("{id}:tree"), &at("again")]).await;
    assert_eq!(std::fs::read_to_string(at("again/sub/a")).unwrap(), "a");
    assert_eq!(std::fs::read_to_string(at("again/b")).unwrap(), "b");
    done(lia(&server, &["cp", &format!("{id}:nothing"), &at("x")])).await.expect(1);
    assert!(!dir.path().join("x").exists());

    ok(&server, &["suspend", &id]).await;
    assert!(ok(&server, &["ls"]).await.out.contains("suspended"));
    done(lia(&server, &["suspend", &id])).await.expect(1);
    ok(&server, &["resume", &id]).await;

    let made = ok(
        &server,
        &["token", "create", "--user", "ann", "--scope", "read,write", "--label", "x", "--expires", "1h"],
    )
    .await;
    let token = made.word().to_owned();
    assert!(token.starts_with("lia_"), "{token}");
    let anns = ok(&server, &["ls", "--token", &token]).await;
    assert_eq!(anns.out, "", "not ann's");
    let refused = done(lia(&server, &["show", &id, "--token", &token])).await.expect(1);
    assert!(!refused.err.contains("admin"), "{}", refused.err);
    let listed = ok(&server, &["token", "list", "--json"]).await;
    assert!(!listed.out.contains(&token), "a token is shown once");
    let list = json(&listed.out);
    let ann = list.as_array().unwrap().iter().find(|t| t["user_id"] == "ann").unwrap();
    ok(&server, &["token", "revoke", ann["id"].as_str().unwrap()]).await;
    done(lia(&server, &["ls", "--token", &token])).await.expect(1);
    assert!(ok(&server, &["agents"]).await.out.contains("scripted"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_commands() {
    let mut server = Server::start(ServerOptions::default()).await.unwrap();
    let shown = ok(&server, &["config"]).await;
    assert!(shown.out.contains("server.port") && shown.out.contains("LIA__SERVER__PORT"), "{}", shown.out);
    ok(&server, &["config", "check"]).await;
    let mut bad = lia(&server, &["config", "check"]);
    bad.env("LIA__SERVER__PORTT", "1");
    let bad = done(bad).await.expect(1);
    assert!(bad.err.contains("PORTT"), "{}", bad.err);
    let doctor = done(lia(&server, &["doctor"])).await;
    assert!(doctor.out.contains("bubblewrap") && doctor.out.contains("server"), "{doctor:?}");
    json(&done(lia(&server, &["doctor", "--json"])).await.out);

    ok(&server, &["spawn", "--template", "scripted", "-d", "hang"]).await;
    ok(&server, &["down"]).await;
    let gone = done(lia(&server, &["ls"])).await.expect(1);
    assert!(gone.err.contains("lia serve"), "{}", gone.err);
    server.kill9().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_comes_back() {
    let mut server = Server::start(ServerOptions::default()).await.unwrap();
    let mut c = lia(&server, &["spawn", "--template", "scripted", "slow 60 30; say the end"]);
    c.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = c.spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut text = String::new();
    let mut buffer = [0; 1024];
    while !text.contains("#10\n") {
        let n = out.read(&mut buffer).await.unwrap();
        text.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
    }
    server.kill9().await.unwrap();
    server.restart().await.unwrap();
    out.read_to_string(&mut text).await.unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let wanted: String = (1..=60).map(|n| format!("#{n}\n")).chain(["the end".into()]).collect();
    assert_eq!(text.trim_end(), wanted, "each once, in order");
}

#[tokio::test(flavor = "multi_thread")]
async fn prompts_that_are_piped_in() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let id = ok(&server, &["spawn", "--template", "scripted", "-q", "-d", "say one"]).await.word().to_owned();
    let mut c = lia(&server, &["attach", &id]);
    c.stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = c.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"say two\nsay three\n").await.unwrap();
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output()).await.expect("it ends").unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("onetwothree"), "{text}");
}
