//! Agents that speak ACP.

use lia_protocol::{
    event::{Direction, Phase},
    link::{HostLine, Order, Outcome, SidecarLine},
    task::{FileEncoding, TaskFile},
    template::AgentMode,
};

use crate::host::{Link, Sidecar, init, ok, said, scripted, shell};

#[test]
fn a_prompt_becomes_an_answer() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let ready = link.init(scripted(&[]));
    assert!(ready.acp_session.is_some() && ready.can_load && !ready.loaded, "{ready:?}");
    let id = link.prompt("say hello");
    assert_eq!(link.done(id), ok("end_turn"));
    assert_eq!(link.text(), "hello");
    let begun =
        link.seen.iter().position(|l| matches!(l, SidecarLine::Begun { id: i, .. } if *i == id)).unwrap();
    assert!(matches!(
        &link.seen[begun + 1],
        SidecarLine::Rpc { direction: Direction::ClientToAgent, phase: Phase::Request, .. }
    ));
    let shutdown = link.order(Order::Shutdown { grace_ms: 2000 });
    assert_eq!(link.done(shutdown), Outcome::Ok { stop_reason: None });
    let exited = link.exit();
    assert_eq!((exited.code, exited.signal), (0, None));
}

#[test]
fn a_burst_arrives_whole_in_order_and_before_its_end() {
    let sidecar = Sidecar::with(|c| c.journal_bytes = 1 << 20);
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let id = link.prompt("burst 20000 300");
    let outcome = link.until(|l| match l {
        SidecarLine::Done { id: i, outcome, .. } if *i == id => Some(Some(outcome.clone())),
        SidecarLine::Rpc { offset, .. } if offset.0 % 500 == 0 => Some(None),
        _ => None,
    });
    let outcome = match outcome {
        Some(o) => o,
        None => loop {
            link.ack(link.last);
            let next = link.until(|l| match l {
                SidecarLine::Done { id: i, outcome, .. } if *i == id => Some(Some(outcome.clone())),
                SidecarLine::Rpc { offset, .. } if offset.0 % 500 == 0 => Some(None),
                _ => None,
            });
            if let Some(o) = next {
                break o;
            }
        },
    };
    assert_eq!(outcome, ok("end_turn"));
    let text = link.text();
    let numbers: Vec<u32> =
        text.lines().filter_map(|l| l.strip_prefix('#')?.split(' ').next()?.parse().ok()).collect();
    assert_eq!(numbers, (1..=20_000).collect::<Vec<_>>());
}

#[test]
fn the_first_prompt_comes_with_init_and_a_repeat_changes_nothing() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let id = lia_protocol::ids::CommandId::new();
    link.send(&init(scripted(&[]), "say one", Some(id)));
    assert_eq!(link.done(id), ok("end_turn"));
    let end = link.last;
    link.send(&init(scripted(&[]), "say one", Some(id)));
    link.send(&HostLine::Command { id, order: Order::Prompt { text: "say one".to_owned() } });
    let next = link.prompt("say two");
    assert_eq!(link.done(next), ok("end_turn"));
    assert_eq!(link.text(), "onetwo");
    assert!(matches!(link.seen[end as usize], SidecarLine::Begun { id: i, .. } if i == next));
    let (_, hello) = sidecar.hello(2, end);
    assert_eq!((said(&hello).end.0, said(&hello).inited), (link.last, true));
}

#[test]
fn a_question_is_answered_once() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let ask = |link: &mut Link| {
        let id = link.prompt("permission may I");
        let frame = link.until(|l| match l {
            SidecarLine::Rpc {
                direction: Direction::AgentToClient, phase: Phase::Request, frame, ..
            } => Some(serde_json::from_slice::<serde_json::Value>(frame).unwrap()),
            _ => None,
        });
        (id, frame)
    };
    let (turn, frame) = ask(&mut link);
    let option = frame["params"]["options"][0]["optionId"].as_str().unwrap().to_owned();
    let stray = link.order(Order::Permission { rpc_id: "nobody".into(), option_id: None });
    assert!(matches!(link.done(stray), Outcome::Failed { .. }));
    let answer =
        link.order(Order::Permission { rpc_id: frame["id"].clone(), option_id: Some(option.clone()) });
    let again =
        link.order(Order::Permission { rpc_id: frame["id"].clone(), option_id: Some(option.clone()) });
    assert_eq!(link.done(answer), Outcome::Ok { stop_reason: None });
    // The second one finds no question, wherever the turn's end falls.
    let mut outcomes = Vec::new();
    while outcomes.len() < 2 {
        if let SidecarLine::Done { id, outcome, .. } = link.next() {
            outcomes.push((id, outcome));
        }
    }
    assert!(outcomes.iter().any(|(id, o)| *id == again && matches!(o, Outcome::Failed { .. })));
    assert!(outcomes.iter().any(|(id, o)| *id == turn && *o == ok("end_turn")));
    assert!(link.text().contains(&option), "{}", link.text());

    let (turn, _) = ask(&mut link);
    link.order(Order::Cancel);
    assert_eq!(link.done(turn), ok("cancelled"));
}

#[test]
fn one_turn_at_a_time_and_cancel_ends_it() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let turn = link.prompt("say a\nhang");
    let second = link.prompt("say b");
    assert_eq!(link.done(second), Outcome::Busy);
    let cancel = link.order(Order::Cancel);
    assert_eq!(link.done(cancel), Outcome::Ok { stop_reason: None });
    assert_eq!(link.done(turn), ok("cancelled"));
    let third = link.prompt("refuse");
    assert_eq!(link.done(third), ok("refusal"));
    let fourth = link.prompt("error no such model");
    assert!(matches!(link.done(fourth), Outcome::Failed { message } if message.contains("no such model")));
}

#[test]
fn a_load_replays_nothing_into_the_journal() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let mut start = scripted(&["--replay", "1000"]);
    start.load = Some("an-older-session".to_owned());
    let ready = link.init(start);
    assert!(ready.loaded && ready.acp_session.as_deref() == Some("an-older-session"), "{ready:?}");
    // initialize, session/load, their answers, ready.
    assert_eq!(link.last, 5);
    let id = link.prompt("say after");
    assert_eq!(link.done(id), ok("end_turn"));
    assert_eq!(link.text(), "after");
}

#[test]
fn files_and_terminals_stay_in_the_workspace() {
    let sidecar = Sidecar::start();
    std::fs::write(sidecar.dir.path().join("outside"), "secret").unwrap();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let workspace = sidecar.workspace();
    let mut run = |script: &str| {
        let before = link.text().len();
        let id = link.prompt(script);
        let outcome = link.done(id);
        (outcome, link.text()[before..].to_owned())
    };
    let (outcome, _) = run(&format!("write {}/a/b.txt some text", workspace.display()));
    assert_eq!(outcome, ok("end_turn"));
    assert_eq!(crate::host::text(workspace.join("a/b.txt")), "some text");
    let (_, said) = run(&format!("read {}/a/b.txt", workspace.display()));
    assert!(said.contains("some text"), "{said}");
    for path in ["../outside", "/etc/hostname", "a/../../outside"] {
        let path =
            if path.starts_with('/') { path.to_owned() } else { format!("{}/{path}", workspace.display()) };
        let (outcome, said) = run(&format!("read {path}"));
        assert!(!said.contains("secret"), "{said}");
        assert!(said.contains("read failed"), "{path}: {outcome:?} {said}");
    }
    let (_, said) = run("terminal pwd; echo to stderr >&2; exit 4");
    assert!(said.contains(workspace.to_str().unwrap()) && said.contains("to stderr"), "{said}");
}

#[test]
fn what_an_agent_said_before_its_end_is_there_and_its_end_is_told() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let id = link.prompt("burst 3000 300\nstderr last words\ncrash 7");
    assert_eq!(link.done(id), Outcome::Exited);
    let exited = link.exit();
    assert_eq!(exited.code, 7);
    assert!(exited.stderr_tail.contains("last words"), "{exited:?}");
    assert!(link.text().contains("#3000 "));
}

#[test]
fn noise_is_sampled_and_a_frame_too_large_ends_the_agent() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.init(scripted(&[]));
    let id = link.prompt(&"noise\n".repeat(50));
    assert_eq!(link.done(id), ok("end_turn"));
    let errors = |link: &Link| link.seen.iter().filter(|l| matches!(l, SidecarLine::Error { .. })).count();
    assert_eq!(errors(&link), 3);
    let id = link.prompt(&format!("bigline {}", (4 << 20) - 100));
    assert_eq!(link.done(id), ok("end_turn"));
    let id = link.prompt(&format!("bigline {}", (4 << 20) + 100));
    assert_eq!(link.done(id), Outcome::Exited);
    let told = link.seen.iter().any(
        |l| matches!(l, SidecarLine::Error { error, .. } if error.code.as_deref() == Some("frame_too_large")),
    );
    assert_eq!(link.exit().signal, Some(9));
    let told = told || link.seen.iter().any(
        |l| matches!(l, SidecarLine::Error { error, .. } if error.code.as_deref() == Some("frame_too_large")),
    );
    assert!(told);
}

#[test]
fn an_agent_that_dies_at_its_start_says_why() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    link.send(&init(shell(AgentMode::Acp, "echo no licence here >&2; exit 5"), "", None));
    assert_eq!(link.exit().code, 5);
    let told = link
        .seen
        .iter()
        .any(|l| matches!(l, SidecarLine::Error { error, .. } if error.message.contains("no licence here")));
    assert!(told, "{:?}", link.seen);
}

#[test]
fn files_are_there_before_the_agent() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let mut start = scripted(&[]);
    start.home_files.insert(".config/x".to_owned(), "conf".to_owned());
    let HostLine::Init(mut i) =
        init(start, "sh cat in/put.bin; cat $HOME/.config/x; echo add >> in/put.bin", None)
    else {
        unreachable!()
    };
    i.files = Some(vec![TaskFile {
        name: "in/put.bin".to_owned(),
        content: "aGVsbG8g".to_owned(),
        encoding: FileEncoding::Base64,
    }]);
    i.prompt_id = Some(lia_protocol::ids::CommandId::new());
    let id = i.prompt_id.unwrap();
    link.send(&HostLine::Init(i));
    assert_eq!(link.done(id), ok("end_turn"));
    assert!(link.text().contains("hello conf"), "{}", link.text());
    assert_eq!(crate::host::text(sidecar.workspace().join("in/put.bin")), "hello add\n");

    let other = Sidecar::start();
    let mut link = other.link(1, 0);
    let HostLine::Init(mut i) = init(scripted(&[]), "", None) else { unreachable!() };
    i.files = Some(vec![TaskFile {
        name: "../x".to_owned(),
        content: String::new(),
        encoding: FileEncoding::Utf8,
    }]);
    link.send(&HostLine::Init(i));
    assert_eq!(link.exit().code, 1);
}

#[test]
fn a_script_runs_before_the_agent_and_its_end_counts() {
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let mut start = scripted(&[]);
    start.env.insert("MARK".to_owned(), "of the script".to_owned());
    start.setup = Some("mkdir -p sub; echo made $MARK | tee sub/made; pwd".to_owned());
    start.cwd = Some(sidecar.workspace().join("sub").display().to_string());
    link.init(start);
    let id = link.prompt("sh cat made; pwd");
    assert_eq!(link.done(id), ok("end_turn"));
    assert!(link.text().contains("made of the script") && link.text().contains("/sub"), "{}", link.text());
    let told: Vec<_> = link
        .seen
        .iter()
        .filter_map(|l| match l {
            SidecarLine::Progress { progress, .. } => Some(progress.message.clone()),
            _ => None,
        })
        .collect();
    assert!(told.iter().any(|m| m == "made of the script"), "{told:?}");

    // What it prints is no reason to fail: a line without an end, a progress bar.
    let sidecar = Sidecar::start();
    let mut link = sidecar.link(1, 0);
    let mut start = scripted(&[]);
    start.setup = Some("head -c 100000 /dev/zero | tr '\\0' x; echo; printf '10 %%\\r20 %%\\r'".to_owned());
    link.init(start);
    let id = link.prompt("say here");
    assert_eq!(link.done(id), ok("end_turn"));
    let told =
        |l: &SidecarLine| matches!(l, SidecarLine::Progress { progress, .. } if progress.message == "20 %");
    assert!(link.seen.iter().any(told), "{:?}", link.seen.len());

    for (script, seconds, said) in [
        ("echo no network >&2; exit 7", 60, "code 7; it said last: no network"),
        ("sleep 600", 1, "did not end within 1 seconds"),
    ] {
        let sidecar = Sidecar::start();
        let mut link = sidecar.link(1, 0);
        let mut start = scripted(&[]);
        (start.setup, start.setup_seconds) = (Some(script.to_owned()), Some(seconds));
        link.send(&init(start, "", None));
        assert_eq!(link.exit().code, 1);
        let told =
            |l: &SidecarLine| matches!(l, SidecarLine::Error { error, .. } if error.message.contains(said));
        assert!(link.seen.iter().any(told), "{script}: {:?}", link.seen);
    }
}

#[test]
fn a_script_that_ended_well_runs_again_when_it_is_changed() {
    let mut sidecar = Sidecar::start();
    let runs = |sidecar: &mut Sidecar, script: &str| {
        let mut link = sidecar.link(1, 0);
        let mut start = scripted(&[]);
        start.setup = Some(script.to_owned());
        start.setup_seconds = Some(60);
        link.send(&init(start, "", None));
        link.until(|l| matches!(l, SidecarLine::Ready { .. } | SidecarLine::Exit { .. }).then_some(()));
        sidecar.another_session();
        std::fs::read_to_string(sidecar.workspace().join("runs")).unwrap()
    };
    let fails = "echo failed >> runs; exit 1";
    let once = "echo once >> runs";
    assert_eq!(runs(&mut sidecar, fails), "failed\n");
    assert_eq!(runs(&mut sidecar, fails), "failed\nfailed\n", "one that failed runs again");
    assert_eq!(runs(&mut sidecar, once), "failed\nfailed\nonce\n");
    assert_eq!(runs(&mut sidecar, once), "failed\nfailed\nonce\n", "unchanged");
    let changed = "echo changed >> runs";
    assert_eq!(runs(&mut sidecar, changed), "failed\nfailed\nonce\nchanged\n");
    assert_eq!(runs(&mut sidecar, once), "failed\nfailed\nonce\nchanged\n", "each is known");
}
