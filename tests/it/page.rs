//! The plain page in a real browser: from the printed link to a task's live output, an input, a question; and what an
//! agent writes is text there, whatever it looks like.

use anyhow::{Context as _, ensure};
use lia_protocol::{ids::Seq, task::TaskStatus};
use lia_tests::{Log, Request, Server, ServerOptions, browser::Browser};

/// Would say so if a browser took it for more than text.
const HOSTILE: &str =
    "</span></div><img src=x onerror=window.owned=1><script>window.owned=1</script><b>bold</b>";

/// The button with this text.
fn button(text: &str) -> String {
    format!("[...document.querySelectorAll('button')].find(b => b.textContent === '{text}')")
}

fn output_has(text: &str) -> String {
    format!("document.getElementById('output')?.textContent.includes({})", serde_json::Value::from(text))
}

fn status_is(text: &str) -> String {
    format!("document.querySelector('.status')?.textContent.startsWith('{text}')")
}

async fn send(browser: &mut Browser, text: &str) -> anyhow::Result<()> {
    browser.click("the input line", "document.querySelector('form input')").await?;
    browser.write(text).await?;
    browser.enter().await
}

/// No markup of an agent or a prompt has become part of the document.
async fn all_is_text(browser: &mut Browser) -> anyhow::Result<()> {
    let markup = "document.querySelectorAll('main img, main script, main b, main i, #output * *').length";
    let found = browser.value(&format!("{markup} + (window.owned || 0)")).await?;
    ensure!(found == 0, "{found} elements of an agent's text are in the page");
    ensure!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_sees_an_agent_at_work_and_takes_part() -> anyhow::Result<()> {
    let mut server = Server::start(ServerOptions::default()).await?;
    let client = server.client()?;
    let task = Request::new("scripted", &format!("say {HOSTILE}")).create(&client).await?.id;
    let mut log = Log::open(&client, task, Seq::ZERO).await?;
    log.turn().await?;
    let mut browser = Browser::start().await?;

    // The printed link, then the list.
    let line = server.printed.last().context("a printed line")?;
    let link = line.split_whitespace().last().context("the link")?.to_owned();
    browser.open(&link).await?;
    let row = "document.querySelector('td.prompt a')";
    browser.see("the list", &format!("{row}?.textContent.startsWith('say </span>')")).await?;
    ensure!(browser.value("location.search").await? == "", "the code stays in the address");
    all_is_text(&mut browser).await?;

    // A task, and what its agent has said.
    browser.click("the task", row).await?;
    browser.see("the agent's answer", &output_has(HOSTILE)).await?;
    browser.see("the task's state", &status_is("running")).await?;
    all_is_text(&mut browser).await?;

    // An input and its answer, seen before the turn ends; then the turn is cancelled.
    send(&mut browser, "say early; hang").await?;
    browser.see("the answer, live", &output_has("early")).await?;
    ensure!(client.task(task).await?.busy, "the turn goes on");
    browser.click("Cancel turn", &button("Cancel turn")).await?;
    ensure!(log.turn().await? == "cancelled", "the turn was cancelled");

    // A question, whose title is text too.
    send(&mut browser, "permission <i>may I</i>").await?;
    browser
        .see("the question", "document.querySelector('.ask')?.textContent.includes('<i>may I</i>')")
        .await?;
    all_is_text(&mut browser).await?;
    browser.click("Allow once", &button("Allow once")).await?;
    browser.see("what was answered", &output_has("permission: allow_once")).await?;
    browser.see("that nothing is asked any more", "!document.querySelector('.ask')").await?;
    ensure!(log.turn().await? == "end_turn", "the turn with the question");

    // The server dies: the page comes back by itself, and shows nothing twice.
    server.kill9().await?;
    let down = "document.querySelector('main').textContent.includes('reconnecting')";
    browser.see("that the link is down", down).await?;
    server.restart().await?;
    browser.see("that it is up again", &format!("!{down}")).await?;
    send(&mut browser, "say after the kill").await?;
    browser.see("the answer after it", &output_has("after the kill")).await?;
    let shown =
        browser.value("document.getElementById('output').textContent.split('early').length - 1").await?;
    ensure!(shown == 1, "an answer is shown {shown} times");
    ensure!(log.turn().await? == "end_turn", "the turn after the kill");

    browser.click("Suspend", &button("Suspend")).await?;
    browser.see("that it is suspended", &status_is("suspended")).await?;
    browser.click("Resume", &button("Resume")).await?;
    browser.see("that it runs", &status_is("running")).await?;
    browser.click("Stop", &button("Stop")).await?;
    browser.see("that it has ended", &status_is("terminated")).await?;
    browser.see("no input line", "!document.querySelector('form input')?.getClientRects().length").await?;
    ensure!(server.client()?.task(task).await?.status == TaskStatus::Terminated, "it has ended");

    // A task begun on the page.
    browser.click("the way back", "document.querySelector('h1 a')").await?;
    browser.click("the prompt", "document.querySelector('textarea')").await?;
    browser.write("say begun here").await?;
    browser.see("the agents", "document.querySelector('option[value=scripted]')").await?;
    browser.value("document.querySelector('select').value = 'scripted'").await?;
    browser.click("Start", &button("Start")).await?;
    browser.see("its answer", &output_has("begun here")).await?;

    // Out, and the link works once.
    browser.click("Log out", &button("Log out")).await?;
    browser.see("the way in", "document.querySelector('input[type=password]')").await?;
    browser.open(&link).await?;
    browser.see("the way in again", "document.querySelector('input[type=password]')").await?;
    all_is_text(&mut browser).await
}
