//! Agent templates and named instances, with a real agent; what must not be readable is looked for where it could stand.

use anyhow::{Context as _, ensure};
use lia_client::Client;
use lia_protocol::{
    ids::{Seq, TaskId},
    sessions::{AgentTemplate, InstanceStatus, RuntimeInstance, SessionStatus},
};
use lia_tests::{
    Log, Server,
    leak::Needle,
    session::{options, refusal, runtime, session},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SECRET: &str = "template-secret-5b1f0d7c2e9a4863";
const OTHER: &str = "session-secret-90d2c4a7b8e15f36";

fn body<T: DeserializeOwned>(json: Value) -> anyhow::Result<T> {
    Ok(serde_json::from_value(json)?)
}

/// What the agent's environment is, by its own words.
async fn environment(client: &Client, id: &str) -> anyhow::Result<String> {
    client.prompt(id, "sh env | sort; cat made 2>&1", None).await?;
    let mut log = Log::open(client, id.parse::<TaskId>()?, Seq::ZERO).await?;
    let mut text = String::new();
    while !text.contains("PATH=") {
        log.turn().await?;
        text = log.text();
    }
    Ok(text)
}

async fn template(client: &Client, id: &str) -> anyhow::Result<AgentTemplate> {
    client.agent_templates().await?.into_iter().find(|t| t.id == id).context("the template")
}

#[tokio::test(flavor = "multi_thread")]
async fn variables_of_a_template_go_in_and_never_out() -> anyhow::Result<()> {
    let mut server = Server::start(options()).await?;
    let client = server.client()?;
    let first = client.agent_templates().await?;
    ensure!(
        first.iter().all(|t| t.managed == Some(true)) && first.iter().any(|t| t.id == "scripted"),
        "{first:?}"
    );
    let made = client
        .register_template(&body(json!({
            "name": "mine",
            "spawn": { "command": "{agent}/scripted-agent", "args": [] },
            "runtime": { "provider": runtime(), "setup": "echo made by $FROM_RUNTIME > made", "env": { "FROM_RUNTIME": "the runtime" } },
            "env": { "KEPT": SECRET, "CHANGED": "one", "REMOVED": "gone" },
        }))?)
        .await?;
    ensure!(made.managed == Some(false), "{made:?}");
    let names = json!({ "KEPT": "", "CHANGED": "", "REMOVED": "" });
    ensure!(
        made.env == body(names)? && made.env_set == body(json!(["CHANGED", "KEPT", "REMOVED"]))?,
        "{made:?}"
    );
    let last = client.agent_templates().await?;
    ensure!(last.last() == Some(&made), "a registered one is not behind the others: {last:?}");

    // An empty text keeps, null removes, an absent `env` keeps all.
    let change = json!({ "env": { "KEPT": "", "CHANGED": "two", "REMOVED": null, "NEW": "three" } });
    let changed = client.update_template(&made.id, &body(change)?).await?;
    ensure!(changed.env_set == body(json!(["CHANGED", "KEPT", "NEW"]))?, "{changed:?}");
    let renamed = client.update_template(&made.id, &body(json!({ "name": "ours" }))?).await?;
    ensure!((renamed.name.as_str(), &renamed.env_set) == ("ours", &changed.env_set), "{renamed:?}");

    server.kill9().await?;
    server.restart().await?;
    let client = server.client()?;
    ensure!(template(&client, &made.id).await? == renamed, "it survives the server");
    let more = json!({ "agentTemplateId": made.id, "env": { "OWN": OTHER, "CHANGED": "four" } });
    let started = session(&client, more).await?;
    ensure!(started.agent_name == "ours", "{started:?}");
    let env = environment(&client, &started.id).await?;
    for line in [
        &format!("KEPT={SECRET}"),
        &format!("OWN={OTHER}"),
        "CHANGED=four",
        "NEW=three",
        "FROM_RUNTIME=the runtime",
    ] {
        ensure!(env.contains(line), "{line} is not in {env}");
    }
    ensure!(!env.contains("REMOVED"), "{env}");
    ensure!(
        environment(&client, &started.id).await?.contains("made by the runtime"),
        "the set-up script ran"
    );
    let list = serde_json::to_string(&client.agent_templates().await?)?;
    ensure!(!Needle::new(SECRET).is_in(list.as_bytes()), "a value is shown: {list}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_store_holds_no_value_of_a_variable() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let made = client
        .register_template(&body(json!({
            "name": "planted-name-3c9f81d2", "spawn": { "command": "{agent}/scripted-agent", "args": [] }, "env": { "KEY": SECRET },
        }))?)
        .await?;
    let more = json!({ "agentTemplateId": made.id, "env": { "OWN": OTHER } });
    let started = session(&client, more).await?;
    client.prompt(&started.id, "say quiet", None).await?;
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &std::fs::metadata(server.data().join("server.secret"))?.permissions(),
    );
    ensure!(mode & 0o777 == 0o600, "server.secret has the mode {mode:o}");
    for secret in [SECRET, OTHER] {
        let found: Vec<_> = Needle::new(secret)
            .files(server.data())
            .into_iter()
            .filter(|p| p.starts_with(&server.data().join("lia.db").display().to_string()))
            .collect();
        ensure!(found.is_empty(), "{secret} is in {found:?}");
    }
    ensure!(
        !Needle::new("planted-name-3c9f81d2").files(server.data()).is_empty(),
        "the search does not find what is not encrypted"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_with_the_server_can_be_changed_and_put_back() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let before = template(&client, "scripted").await?;
    ensure!(refusal(client.remove_template("scripted").await)?.0 == 409, "it comes with the server");
    let changed =
        client.update_template("scripted", &body(json!({ "name": "changed", "env": { "A": "b" } }))?).await?;
    ensure!(changed.managed == Some(true) && changed.spawn == before.spawn, "{changed:?}");
    let started = session(&client, json!({})).await?;
    ensure!(started.agent_name == "changed", "{started:?}");
    ensure!(environment(&client, &started.id).await?.contains("A=b"), "the variable is there");
    client.remove_template("scripted").await?;
    ensure!(template(&client, "scripted").await? == before, "it is as it was");

    for (field, value) in
        [("image", json!("node:22")), ("dockerfile", json!("FROM node")), ("provider", json!("docker"))]
    {
        let (status, _, text) = refusal(
            client.update_template("scripted", &body(json!({ "runtime": { field: value } }))?).await,
        )?;
        ensure!(status == 400 && text.contains(&format!("runtime.{field}")), "{status} {text}");
    }
    let none = client.update_template("none", &body(json!({}))?).await;
    ensure!(refusal(none)?.0 == 404, "no such template");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn named_instances_are_started_paused_stopped_and_removed() -> anyhow::Result<()> {
    let server = Server::start(options()).await?;
    let client = server.client()?;
    let instances = async || -> anyhow::Result<Vec<RuntimeInstance>> {
        let mut all = client.named_instances().await?;
        ensure!(all.len() == 1 && all[0].type_name == runtime() && !all[0].only_one, "{all:?}");
        Ok(all.remove(0).instances)
    };
    let status = async |name: &str| {
        anyhow::Ok(instances().await?.into_iter().find(|i| i.name == name).context("the instance")?.status)
    };
    ensure!(instances().await?.is_empty());
    let (code, _, text) = refusal(client.start_instance("docker", None).await)?;
    ensure!(code == 400 && text.contains(&format!("available are {}", runtime())), "{code} {text}");
    let two = client.start_instance(&runtime(), Some("two")).await?;
    ensure!(two.status == InstanceStatus::Running && two.websocket_url.is_some(), "{two:?}");

    let own = session(&client, json!({})).await?;
    let other = session(&client, json!({ "runtimeInstance": "two" })).await?;
    let names: Vec<_> = instances().await?.into_iter().map(|i| i.name).collect();
    ensure!(names == ["two", &runtime()], "{names:?}");
    ensure!(own.runtime == Some(runtime()) && other.runtime.as_deref() == Some("two"));

    client.steer_instance("two", "pause").await?;
    ensure!(
        (status("two").await?, status(&runtime()).await?)
            == (InstanceStatus::Paused, InstanceStatus::Running)
    );
    ensure!(client.session(&other.id).await?.status == SessionStatus::Active, "a paused session is active");
    let more = session(&client, json!({ "runtimeInstance": "two" })).await;
    ensure!(more.is_err_and(|e| e.to_string().contains("paused")), "a paused instance takes no session");
    client.steer_instance("two", "resume").await?;
    client.prompt(&other.id, "say awake", None).await?;

    client.steer_instance("two", "stop").await?;
    ensure!(status("two").await? == InstanceStatus::Stopped);
    ensure!(client.session(&other.id).await?.status == SessionStatus::Killed, "its session has ended");
    ensure!(client.session(&own.id).await?.status == SessionStatus::Active, "the other's has not");
    ensure!(refusal(client.steer_instance("two", "pause").await)?.0 == 409, "a stopped one is not paused");
    ensure!(client.start_instance(&runtime(), Some("two")).await?.status == InstanceStatus::Running);
    client.remove_instance("two").await?;
    ensure!(refusal(client.remove_instance("two").await)?.0 == 404, "it is gone");
    client.remove_instance(&runtime()).await?;
    ensure!(client.session(&own.id).await?.status == SessionStatus::Killed && instances().await?.is_empty());
    Ok(())
}
