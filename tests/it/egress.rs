//! Real clients in a real instance, each with and without proxy variables, to a host that is allowed and to one that is
//! not. A refusal comes within a second, with words that a person can act on, and is an event.

use std::{fs, path::Path, process::Stdio};

use anyhow::{Context as _, ensure};
use lia_protocol::event::{EgressAllowed, EgressRefused};
use lia_tests::{
    Log, Request, Server, ServerOptions, World, program,
    world::{OTHER, PUBLIC},
};
use serde_json::{Value, json};
use tokio::process::Command;

use crate::escape::Inside;

/// Milliseconds that a refusal may take, beyond what the client takes where it is allowed: some take long to start.
const REFUSAL: u64 = 1_000;
/// Tries of a client that is refused. The quickest counts: what other processes of the host take is no delay of ours.
const ATTEMPTS: usize = 5;
/// What an agent finds in its environment and some programs do not heed.
const WITHOUT: &str = "env -u HTTP_PROXY -u HTTPS_PROXY -u ALL_PROXY -u http_proxy -u https_proxy -u all_proxy -u NODE_USE_ENV_PROXY";

/// A client: its name, the host that has what it comes for, what it runs (`HOST` stands for the host), what it prints
/// when it has it, and what it says, one of these, when it is refused.
struct Client {
    name: &'static str,
    host: &'static str,
    run: &'static str,
    has: &'static str,
    says: &'static [&'static str],
}

/// Names are unknown (without proxy variables), or the proxy says 403.
const CLIENTS: [Client; 8] = [
    Client {
        name: "curl",
        host: "allowed.example",
        run: "curl -sS https://HOST/",
        has: "lia-world allowed.example",
        says: &["CONNECT tunnel failed, response 403", "Could not resolve host"],
    },
    Client {
        name: "curl-http",
        host: "allowed.example",
        run: "curl -sS --fail-with-body http://HOST/",
        has: "lia-world allowed.example",
        says: &["not on the allowlist of this task; allow it with --allow", "Could not resolve host"],
    },
    Client {
        name: "node",
        host: "allowed.example",
        run: "node fetch.mjs https://HOST/",
        has: "lia-world allowed.example",
        says: &["ENOTFOUND", "403"],
    },
    Client {
        name: "git",
        host: "git.example",
        run: "rm -rf thing && git clone -q https://HOST/thing.git && cat thing/README",
        has: "a thing",
        says: &["CONNECT tunnel failed, response 403", "Could not resolve host"],
    },
    Client {
        name: "pip",
        host: "pypi.example",
        run: "rm -rf p && /usr/bin/pip3 install --no-cache-dir --disable-pip-version-check --target p --index-url https://HOST/simple lia-thing && cat p/lia_thing.py",
        has: "thing = 1",
        says: &["Could not find a version that satisfies the requirement"],
    },
    Client {
        name: "npm",
        host: "npm.example",
        run: "rm -rf n && NPM install --no-audit --no-fund --cache n/c --registry https://HOST/ --prefix n lia-thing && cat n/node_modules/lia-thing/index.js",
        has: "module.exports = 1",
        says: &["403", "ENOTFOUND"],
    },
    Client {
        name: "cargo",
        host: "cargo.example",
        run: "cd c && rm -rf home Cargo.lock && CARGO_REGISTRIES_THING_INDEX=sparse+https://HOST/index/ CARGO fetch && ls home/registry/src/*",
        has: "lia-thing-1.0.0",
        says: &["CONNECT tunnel failed, response 403", "Could not resolve host", "failed to resolve"],
    },
    Client {
        name: "raw",
        host: "allowed.example",
        run: "/usr/bin/python3 raw.py HOST",
        has: "lia-world allowed.example",
        says: &["Lia refused", "Name or service not known"],
    },
];

const FETCH: &str = "try { console.log(await (await fetch(process.argv[2])).text()) }
catch (e) { console.error(e.cause ?? e); process.exit(1) }
";

/// TLS on a socket; by CONNECT where the environment names a proxy.
const RAW: &str = "
import os, socket, ssl, sys
host, proxy = sys.argv[1], os.environ.get('https_proxy')
if proxy:
    at, port = proxy.removeprefix('http://').strip('/').split(':')
    s = socket.create_connection((at, int(port)))
    s.sendall(f'CONNECT {host}:443 HTTP/1.1\\r\\nHost: {host}:443\\r\\n\\r\\n'.encode())
    head = b''
    while b'\\r\\n\\r\\n' not in head:
        head += s.recv(1) or sys.exit('closed')
    if b' 200 ' not in head.split(b'\\r\\n')[0]:
        sys.exit(head.decode())
else:
    s = socket.create_connection((host, 443))
t = ssl.create_default_context().wrap_socket(s, server_hostname=host)
t.sendall(f'GET / HTTP/1.1\\r\\nHost: {host}\\r\\n\\r\\n'.encode())
print(t.recv(4096).decode(), t.recv(4096).decode())
";

const MANIFEST: &str = "[package]
name = \"c\"
version = \"0.1.0\"
edition = \"2021\"
[dependencies]
lia-thing = { version = \"1\", registry = \"thing\" }
";

/// What the agent of these tests is: the scripted one, and the tools that the host has outside of `/usr`.
const TEMPLATES: &str = r#"
[[template]]
name = "clients"
title = "Clients"
mode = "acp"
command = "{agent}/scripted-agent"
install = "opencode"
"#;

#[test]
fn real_clients_reach_what_is_allowed_and_are_told_what_is_not() -> anyhow::Result<()> {
    World::run("egress::real_clients_reach_what_is_allowed_and_are_told_what_is_not", clients)
}

async fn clients(world: World) -> anyhow::Result<()> {
    world.stock().await?;
    let tools = Tools::bring(&world).await?;
    for client in &CLIENTS {
        world.name(client.host, PUBLIC)?;
        for how in ["with", "without"] {
            world.name(&format!("refused-{}-{how}.lia.example", client.name), OTHER)?;
        }
    }
    let templates = world.dir().join("templates.toml");
    fs::write(&templates, TEMPLATES)?;
    let options = ServerOptions::default()
        .wear(world.outfit())
        .set("LIA__GATEWAY__CA_FILE", world.ca().display().to_string())
        .set("LIA__AGENTS__DIR", world.dir().join("agents").display().to_string())
        .set("LIA__AGENTS__TEMPLATES_FILE", templates.display().to_string());
    let mut server = Server::start(options).await?;
    let api = server.client()?;
    let file = |name: &str, content: &str| json!({ "name": name, "content": content });
    let request = Request::new("clients", "sh mkdir -p c/src && touch c/src/lib.rs")
        .with("files", json!([file("fetch.mjs", FETCH), file("raw.py", RAW), file("c/Cargo.toml", MANIFEST)]))
        .with("env", tools.env())
        .with(
            "allow",
            json!([
                "allowed.example",
                "git.example",
                "pypi.example",
                "npm.example",
                "cargo.example",
                "tcp:git.example:9418"
            ]),
        );
    let mut inside = Inside::start(&api, request).await?;

    let mut wrong = Vec::new();
    for client in &CLIENTS {
        for (how, prefix) in [("with", ""), ("without", WITHOUT)] {
            let host = format!("refused-{}-{how}.lia.example", client.name);
            let run = |host: &str| tools.fill(&client.run.replace("HOST", host));
            let mut took = Vec::new();
            while took.len() < ATTEMPTS && took.iter().all(|ms| *ms > REFUSAL) {
                let got = timed(&mut inside, prefix, &run(client.host)).await?;
                if got.code != 0 || !got.said.contains(client.has) {
                    let name = client.name;
                    wrong.push(format!(
                        "{name} {how} proxy variables, allowed: code {}: {}",
                        got.code, got.said
                    ));
                }
                let refused = timed(&mut inside, prefix, &run(&host)).await?;
                // The event comes on another way than what the client says.
                inside.hears(&format!("[refused] {host}")).await?;
                let own: String = refused.said.lines().filter(|l| !l.starts_with("[refused]")).collect();
                if refused.code == 0 || !client.says.iter().any(|s| own.contains(s)) {
                    wrong.push(format!(
                        "{} {how} proxy variables, refused: code {}: {}",
                        client.name, refused.code, refused.said
                    ));
                }
                took.push(refused.ms.saturating_sub(got.ms));
            }
            if took.iter().all(|ms| *ms > REFUSAL) {
                wrong.push(format!("{} {how} proxy variables, refused: only after {took:?} ms", client.name));
            }
        }
    }
    // The server speaks first, and knows of no proxy.
    let git = timed(
        &mut inside,
        "",
        "rm -rf thing && git clone -q git://git.example/thing.git && cat thing/README",
    )
    .await?;
    if git.code != 0 || !git.said.contains("a thing") {
        wrong.push(format!("git:// by a tcp rule: code {}: {}", git.code, git.said));
    }

    let (mut refused, mut allowed) = (Vec::new(), Vec::new());
    for e in Log::events(&api, inside.task).await? {
        match &*e.kind {
            "egress.refused" => refused.push(e.body::<EgressRefused>()?),
            "egress.allowed" => allowed.push(e.body::<EgressAllowed>()?),
            _ => {}
        }
    }
    for client in &CLIENTS {
        for how in ["with", "without"] {
            let host = format!("refused-{}-{how}.lia.example", client.name);
            let event = refused.iter().find(|r| r.host == host);
            if !event.is_some_and(|r| r.reason.contains("allowlist")) {
                wrong.push(format!("{host}: {event:?}"));
            }
        }
        if !allowed.iter().any(|a| a.host == client.host) {
            wrong.push(format!("{} was reached, and no event says so", client.host));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    server.down().await
}

struct Ran {
    code: i32,
    ms: u64,
    said: String,
}

/// Runs a line and says how long it took.
async fn timed(inside: &mut Inside, prefix: &str, line: &str) -> anyhow::Result<Ran> {
    let line = line.replace('\'', "'\\''");
    let said = inside
        .sh(&format!("a=$(date +%s%3N); {prefix} sh -c '{line}' </dev/null 2>&1; c=$?; b=$(date +%s%3N); echo; echo ran: $c $((b-a))"))
        .await?;
    let (said, ran) = said.rsplit_once("ran: ").with_context(|| said.clone())?;
    let mut numbers = ran.split_whitespace();
    let code = numbers.next().and_then(|n| n.parse().ok()).context("a code")?;
    let ms = numbers.next().and_then(|n| n.parse().ok()).context("a time")?;
    Ok(Ran { code, ms, said: said.trim().to_owned() })
}

/// Where the clients are inside. A sandbox sees `/usr` and nothing of a home, where cargo is on most hosts; so the agent
/// comes with those tools in its folder, as an installed agent comes with its own Node.js.
struct Tools {
    npm: String,
}

/// The folder inside.
const INSIDE: &str = "/opt/lia/agents/opencode";

impl Tools {
    async fn bring(world: &World) -> anyhow::Result<Self> {
        let recipe = Path::new(env!("CARGO_MANIFEST_DIR")).join("../agents/opencode/package.json");
        let recipe: Value = serde_json::from_slice(&fs::read(recipe)?)?;
        let to = world.dir().join("agents/opencode").join(recipe["version"].as_str().context("version")?);
        fs::create_dir_all(to.join("bin"))?;
        copy(&program("scripted-agent"), &to).await?;
        // The toolchain itself: rustup's stand-ins look for it in the home.
        let sysroot = said("rustc", &["--print", "sysroot"]).await?;
        let sysroot = Path::new(&sysroot);
        fs::create_dir_all(to.join("lib"))?;
        for tool in ["cargo", "rustc"] {
            copy(&sysroot.join("bin").join(tool), &to.join("bin")).await?;
        }
        for file in fs::read_dir(sysroot.join("lib"))? {
            let file = file?;
            if file.file_type()?.is_file() {
                copy(&file.path(), &to.join("lib")).await?;
            }
        }
        let mut npm = "npm".to_owned();
        let node = fs::canonicalize(said("sh", &["-c", "command -v node"]).await?)?;
        let real = fs::canonicalize(said("sh", &["-c", "command -v npm"]).await?)?;
        if !node.starts_with("/usr") || !real.starts_with("/usr") {
            copy(&node, &to.join("bin")).await?;
            copy(real.parent().and_then(Path::parent).context("npm's folder")?, &to).await?;
            npm = format!("node {INSIDE}/npm/bin/npm-cli.js");
        }
        Ok(Self { npm })
    }

    fn fill(&self, line: &str) -> String {
        line.replace("NPM", &self.npm).replace("CARGO fetch", "cargo fetch").replace("CARGO --", "cargo --")
    }

    fn env(&self) -> Value {
        json!({
            "PATH": format!("/usr/local/bin:/usr/bin:/bin:{INSIDE}/bin"),
            "CARGO_HOME": "/workspace/c/home",
            // How often a client tries again is its own affair.
            "npm_config_fetch_retries": "0",
            "PIP_RETRIES": "0",
            "CARGO_NET_RETRY": "0",
        })
    }
}

/// Copies a file or a folder into a folder; by a link where both are on one file system.
async fn copy(from: &Path, into: &Path) -> anyhow::Result<()> {
    for how in ["-alL", "-aL"] {
        if Command::new("cp").arg(how).arg(from).arg(into).stderr(Stdio::null()).status().await?.success() {
            return Ok(());
        }
    }
    anyhow::bail!("{} cannot be copied to {}", from.display(), into.display())
}

async fn said(program: &str, args: &[&str]) -> anyhow::Result<String> {
    let out = Command::new(program).args(args).output().await.with_context(|| program.to_owned())?;
    ensure!(out.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    Ok(String::from_utf8(out.stdout)?.trim().to_owned())
}
