//! At a terminal: questions in place, prompts line by line, a task's own terminal.

use lia_tests::{Server, ServerOptions};
use rustix::process::Signal;

use crate::lia::{Tty, done, lia, ok};

#[tokio::test(flavor = "multi_thread")]
async fn questions_in_place() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let mut tty = Tty::start(lia(
        &server,
        &["spawn", "--template", "scripted", "permission open the door\nsay the \x1b[31mend"],
    ));
    tty.shows("The agent asks: ").await;
    tty.shows("  1  ").await;
    tty.shows("Type a number").await;
    tty.type_keys("nonsense\n");
    tty.shows("none of the answers").await;
    tty.type_keys("1\n");
    tty.shows("permission: ").await;
    tty.shows("the \u{241b}[31mend").await;
    tty.ends(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_talk() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let id = ok(&server, &["spawn", "--template", "scripted", "-d", "say first"]).await.word().to_owned();
    let mut tty = Tty::start(lia(&server, &["attach", &id]));
    tty.shows("first").await;
    tty.type_keys("say sec\\\nsay ond\n");
    tty.shows("sec").await;
    tty.shows("ond").await;
    tty.type_keys("say hanging; hang\n");
    tty.shows("hanging").await;
    tty.shows("hanging").await;
    tty.signal(Signal::INT);
    tty.shows("cancelled").await;
    tty.type_keys("say alive; hang\n");
    tty.shows("alive").await;
    tty.shows("alive").await;
    tty.signal(Signal::INT);
    tty.shows("cancelled").await;
    tty.signal(Signal::INT);
    tty.shows("lia attach").await;
    tty.ends(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_of_its_own() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let mut tty = Tty::start(lia(&server, &["spawn", "--template", "shell", "echo be''gun"]));
    tty.shows("begun").await;
    tty.type_keys("stty size; echo é''漢\r");
    tty.shows("24 80").await;
    tty.shows("é漢").await;
    tty.resize(100, 30);
    tty.signal(Signal::WINCH);
    // The new size arrives before what is typed after it.
    tty.type_keys("stty size\r");
    tty.shows("30 100").await;
    tty.type_keys("\x1d");
    tty.shows("lia attach").await;
    let id = server.client().unwrap().tasks(&Default::default()).await.unwrap().tasks[0].id.to_string();
    tty.ends(0).await;

    let mut tty = Tty::start(lia(&server, &["attach", &id]));
    tty.shows("é漢").await;
    tty.type_keys("exit 7\r");
    tty.shows("exit code 7").await;
    tty.ends(4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_beside_the_agent() {
    let mut server = Server::start(ServerOptions::default()).await.unwrap();
    let spawned =
        ok(&server, &["spawn", "--template", "scripted", "-d", "write made.txt by the agent"]).await;
    let id = spawned.word().to_owned();
    let mut log = lia_tests::Log::open(&server.client().unwrap(), id.parse().unwrap(), Default::default())
        .await
        .unwrap();
    log.turn().await.unwrap();
    let mut tty = Tty::start(lia(&server, &["shell", &id]));
    tty.shows("$ ").await;
    tty.type_keys("stty size; cat made.txt; echo é''漢\r");
    tty.shows("24 80").await;
    tty.shows("by the agent").await;
    tty.shows("é漢").await;
    tty.resize(100, 30);
    tty.signal(Signal::WINCH);
    tty.type_keys("stty size; answer=42\r");
    tty.shows("30 100").await;
    // It outlives the one who looks, and the server.
    tty.type_keys("\x1d");
    tty.shows("--terminal ").await;
    tty.ends(0).await;
    server.kill9().await.unwrap();
    server.restart().await.unwrap();
    let list = ok(&server, &["shell", &id, "--list"]).await;
    let digits = list.out.split(' ').next().unwrap().to_owned();
    assert!(list.out.contains("open") && list.out.contains("/bin/sh"), "{}", list.out);
    let mut tty = Tty::start(lia(&server, &["shell", &id, "--terminal", &digits]));
    tty.shows("30 100").await;
    tty.type_keys("echo again $answer; exit 7\r");
    tty.shows("again 42").await;
    tty.ends(7).await;

    // Without a terminal of one's own: what a command prints, and its exit code.
    let run = done(lia(&server, &["shell", &id, "--", "sh", "-c", "cat made.txt; exit 3"])).await.expect(3);
    assert_eq!(run.out.trim_end(), "by the agent");
    let none = done(lia(&server, &["shell", &id, "--", "no-such-program"])).await.expect(1);
    assert!(none.err.contains("no-such-program"), "{}", none.err);
    ok(&server, &["suspend", &id]).await;
    let asleep = done(lia(&server, &["shell", &id])).await.expect(1);
    assert!(asleep.err.contains("resume"), "{}", asleep.err);
}
