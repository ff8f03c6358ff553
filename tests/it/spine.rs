//! From a prompt to an agent's answer, and what a kill of the server leaves of it.

use lia_protocol::{
    ids::{CommandId, Seq},
    task::TaskStatus,
    ws::{WsMessageExt, WsOutputMessage, WsStatusMessage},
};
use lia_tests::{Log, Request, Server, ServerOptions};

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_becomes_an_answer_and_more_input_goes_on() -> anyhow::Result<()> {
    let server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("scripted", "say hello from the agent").create(&client).await?;
    assert_eq!(task.prompt, "say hello from the agent");
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    assert_eq!(log.turn().await?, "end_turn");
    assert!(log.text().contains("hello from the agent"), "{}", log.text());
    client.input(task.id, CommandId::new(), "say and again").await?;
    assert_eq!(log.turn().await?, "end_turn");
    assert!(log.text().contains("and again"));
    let now = client.task(task.id).await?;
    assert_eq!(
        (now.status, now.busy, now.stop_reason.as_deref()),
        (TaskStatus::Running, false, Some("end_turn"))
    );
    client.delete_task(task.id, false).await?;
    log.until("the terminal status", |m| {
        matches!(m, WsMessageExt::Status(WsStatusMessage { status: TaskStatus::Terminated, .. }))
    })
    .await?;
    assert_eq!(client.task(task.id).await?.status, TaskStatus::Terminated);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_and_goes_on() -> anyhow::Result<()> {
    let mut server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("scripted", "slow 100 20\nsay the end").create(&client).await?;
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    log.until(
        "some output",
        |m| matches!(m, WsMessageExt::Output(WsOutputMessage { data, .. }) if data.contains("#10")),
    )
    .await?;
    server.kill9().await?;
    server.restart().await?;
    // The same stream goes on by its cursor.
    assert_eq!(log.turn().await?, "end_turn");
    let text = log.text();
    for n in 1..=100 {
        assert_eq!(
            text.matches(&format!("#{n} ")).count() + text.matches(&format!("#{n}\n")).count(),
            1,
            "chunk {n} in {text}"
        );
    }
    assert!(text.contains("the end"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_once_and_by_the_first() -> anyhow::Result<()> {
    let server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("scripted", "permission may I").create(&client).await?;
    let mut log = Log::open(&client, task.id, Seq::ZERO).await?;
    let asked = log.until("a question", |m| matches!(m, WsMessageExt::Permission(_))).await?;
    let WsMessageExt::Permission(request) = asked else { unreachable!() };
    assert!(client.answer(task.id, request.id, Some("no such option".into())).await.is_err());
    let option = request.options.iter().find(|o| o.kind == "allow_once").expect("allow_once is offered");
    let answered = client.answer(task.id, request.id, Some(option.option_id.clone())).await?;
    assert_eq!(answered.by, "user:admin");
    assert!(client.answer(task.id, request.id, None).await.is_err(), "the first answer wins");
    assert_eq!(log.turn().await?, "end_turn");
    assert!(client.permissions(task.id).await?.is_empty());
    Ok(())
}
