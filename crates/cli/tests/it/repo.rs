//! A repository's way to a task and back.

use std::{fs, path::Path, process::Command};

use lia_tests::{Server, ServerOptions};

use crate::lia::{done, lia, ok};

fn git(dir: &Path, args: &[&str]) -> String {
    let out = Command::new("git").arg("-C").arg(dir).args(args).output().unwrap();
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn there_and_back() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let repo = dir.path();
    git(repo, &["init", "--quiet", "--initial-branch=main"]);
    git(repo, &["config", "user.name", "T"]);
    git(repo, &["config", "user.email", "t@example.com"]);
    fs::write(repo.join("tracked"), "one\n").unwrap();
    git(repo, &["add", "."]);
    git(repo, &["commit", "--quiet", "-m", "first"]);
    fs::write(repo.join("tracked"), "two\n").unwrap();
    fs::write(repo.join("untracked"), "here\n").unwrap();

    let at = repo.display().to_string();
    let script = "sh cat tracked untracked\nsh echo three >> tracked; echo made > made";
    let spawned = ok(&server, &["spawn", "--template", "scripted", "--repo", &at, "--json", script]).await;
    let text = &spawned.out;
    assert!(text.contains("two") && text.contains("here"), "{text}");
    let task: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    let id = task["id"].as_str().unwrap().to_owned();

    let diff = ok(&server, &["diff", &id]).await.out;
    assert!(diff.contains("+three") && diff.contains("+made") && !diff.contains("+here"), "{diff}");
    git(repo, &["commit", "--quiet", "--allow-empty", "-m", "meanwhile"]);
    let branch = ok(&server, &["pull", &id, "--repo", &at]).await.word().to_owned();
    assert_eq!(branch, format!("lia/{}", &id[..13]));
    assert_eq!(git(repo, &["show", &format!("{branch}:tracked")]), "two\nthree");
    assert_eq!(git(repo, &["show", &format!("{branch}:made")]), "made");
    assert_eq!(fs::read_to_string(repo.join("tracked")).unwrap(), "two\n", "the working tree stays");

    let patch = dir.path().join("the.patch");
    ok(&server, &["pull", &id, "--patch", &patch.display().to_string()]).await;
    assert_eq!(fs::read_to_string(&patch).unwrap(), diff);
    ok(&server, &["pull", &id, "--repo", &at, "--apply"]).await;
    assert_eq!(fs::read_to_string(repo.join("tracked")).unwrap(), "two\nthree\n");
    let again = done(lia(&server, &["pull", &id, "--repo", &at, "--apply"])).await.expect(1);
    assert!(again.err.contains("stays as it was"), "{}", again.err);

    // When the task has ended by itself, its work is still there to be fetched.
    ok(&server, &["input", &id, "exit 0"]).await;
    let client = server.client().unwrap();
    let task = id.parse().unwrap();
    let mut log = lia_tests::Log::open(&client, task, Default::default()).await.unwrap();
    assert!(log.until("the end", |_| false).await.is_err(), "the stream ends with the task");
    assert_eq!(client.task(task).await.unwrap().status.as_str(), "terminated");
    assert_eq!(ok(&server, &["diff", &id]).await.out, diff);
    git(repo, &["branch", "-D", "--quiet", &branch]);
    assert_eq!(ok(&server, &["pull", &id, "--repo", &at]).await.word(), branch);
    assert_eq!(git(repo, &["show", &format!("{branch}:tracked")]), "two\nthree");
    let copy = dir.path().join("copy");
    ok(&server, &["cp", &format!("{id}:made"), &copy.display().to_string()]).await;
    assert_eq!(fs::read_to_string(&copy).unwrap(), "made\n");
    let late =
        done(lia(&server, &["cp", &copy.display().to_string(), &format!("{id}:late")])).await.expect(1);
    assert!(late.err.contains("terminated"), "{}", late.err);
    ok(&server, &["stop", &id]).await;
    let gone = done(lia(&server, &["diff", &id])).await.expect(1);
    assert!(gone.err.contains("has been removed"), "{}", gone.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_agent_committed_is_there_when_its_session_is_loaded_again() {
    let server = Server::start(ServerOptions::default()).await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let repo = dir.path();
    git(repo, &["init", "--quiet", "--initial-branch=main"]);
    git(
        repo,
        &[
            "-c",
            "user.name=T",
            "-c",
            "user.email=t@example.com",
            "commit",
            "--quiet",
            "--allow-empty",
            "-m",
            "base",
        ],
    );
    let script = "sh git -c user.name=A -c user.email=a@example.com commit -q --allow-empty -m worked";
    let at = repo.display().to_string();
    let id = ok(&server, &["spawn", "--template", "scripted", "--repo", &at, "-d", script]).await;
    let id = id.word().to_owned();
    let (client, task) = (server.client().unwrap(), id.parse().unwrap());
    let mut log = lia_tests::Log::open(&client, task, Default::default()).await.unwrap();
    assert_eq!(log.turn().await.unwrap(), "end_turn");
    let vm = client.task(task).await.unwrap().vm_id.unwrap();
    let pid = lia_tests::processes::sidecar(server.data(), &vm).unwrap();
    lia_tests::processes::kill9(pid).unwrap();
    while client.task(task).await.unwrap().status.as_str() != "suspended" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    ok(&server, &["input", &id, "sh git log -1 --format=%s main"]).await;
    assert_eq!(log.turn().await.unwrap(), "end_turn");
    assert!(log.text().contains("worked") && !log.text().contains("base"), "{}", log.text());
}
