//! At a terminal: questions in place, prompts line by line, a task's own terminal.

use lia_tests::{Server, ServerOptions};
use rustix::process::Signal;

use crate::lia::{Tty, lia, ok};

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
