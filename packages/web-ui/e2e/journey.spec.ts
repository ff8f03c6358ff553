// One task of a real agent (Gemini CLI, as its makers publish it; its model is a stand-in on loopback), from the printed
// link to signing out, with a kill of the server in the middle of an answer.
import { expect, test } from "./test.js";
import { text, Ui } from "./ui.js";

test.use({ as: "nobody" });

/** What the model's stand-in answers. Gemini CLI stops a model that says the same thing ten times. */
const ANSWER = "This answer comes from a stand-in for the model, word by word. ".repeat(5).trim();

interface Output {
  data: string;
  seq: number;
}

test("a person sees an agent at work and takes part", async ({ page, lia }) => {
  test.setTimeout(300_000);
  const ui = new Ui(page);
  let id = "";
  const output = () => lia.call<Output[]>("GET", `/api/v1/tasks/${id}/output`);
  const words = (text: string) => text.replaceAll(/\s+/g, " ");

  // Each start prints another.
  const link = lia.link;

  await test.step("sign in by the printed link", async () => {
    await page.goto(link);
    await expect(ui.prompt).toBeVisible();
    expect(new URL(page.url()).search, "the code stays in the address").toBe("");
  });

  await test.step("start a task with a file", async () => {
    await ui.prompt.fill("Please do RUNTOOL cat notes.txt > copy.txt");
    await ui.files.setInputFiles({
      name: "notes.txt",
      mimeType: "text/plain",
      buffer: Buffer.from("from the browser\n"),
    });
    await expect(page.getByText("notes.txt", { exact: true })).toBeVisible();
    await ui.chooseAgent("gemini");
    await ui.picture("home");
    await ui.start.click();
    await page.waitForURL(/\/tasks\/[0-9a-f-]{36}$/);
    id = new URL(page.url()).pathname.split("/")[2] ?? "";
    await expect(ui.conversation.getByText("Please do RUNTOOL cat notes.txt > copy.txt")).toBeVisible();
  });

  await test.step("approve a permission", async () => {
    await expect(ui.permission).toBeVisible();
    await ui.picture("permission");
    await ui.allow("Allow");
  });

  await test.step("watch it stream", async () => {
    const answer = ui.answers.last();
    await expect(answer).toContainText("This answer comes");
    const early = (await text(answer)).length;
    await expect(ui.stopTurn).toBeVisible();
    await expect.poll(async () => (await text(answer)).length).toBeGreaterThan(early);
    await expect(ui.stopTurn).toBeHidden();
    await expect.poll(async () => words(await text(answer))).toBe(ANSWER);
  });

  await test.step("queue two prompts, put the last one first, interrupt", async () => {
    await ui.say("Please do RUNTOOL sleep 600");
    await ui.allow("Allow");
    await ui.say("first in the queue");
    await ui.say("second in the queue");
    await expect.poll(() => ui.queued()).toEqual(["first in the queue", "second in the queue"]);
    await ui.queue
      .getByRole("listitem")
      .nth(1)
      .getByRole("button", { name: /^Earlier: / })
      .click();
    await expect.poll(() => ui.queued()).toEqual(["second in the queue", "first in the queue"]);
    const { items } = await lia.call<{ items: { text: string }[] }>("GET", `/api/agents/${id}/queue`);
    expect(items.map((i) => i.text)).toEqual(["second in the queue", "first in the queue"]);
    await ui.stopTurn.click();
    // The queue goes on in its new order, and is empty at the end.
    await expect(ui.queue).toBeHidden();
    await expect.poll(async () => (await ui.asked()).slice(-2)).toEqual(["second in the queue", "first in the queue"]);
  });

  await test.step("kill the server in the middle of an answer: nothing is lost or doubled", async () => {
    await expect(ui.stopTurn).toBeHidden();
    const before = (await output()).at(-1)?.seq ?? 0;
    // The way to the model goes with the server, so the agent's answer ends where the kill falls, unless it asks again.
    const said = async () => words((await output()).flatMap((o) => (o.seq > before ? [o.data] : [])).join("")).trim();
    await ui.say("a long answer, please");
    await expect.poll(said).toMatch(/^This answer/);
    await lia.kill();
    await expect(ui.cutOff).toBeVisible();
    await lia.restart();
    await expect(ui.cutOff).toBeHidden();
    await expect(ui.stopTurn).toBeHidden();
    const whole = await said();
    expect(ANSWER.startsWith(whole) || whole.endsWith(ANSWER), `something is doubled or lost: ${whole}`).toBe(true);
    const shown = async () => words(await text(ui.answers.last()));
    await expect.poll(shown).toBe(whole);
    await page.reload();
    await expect.poll(shown).toBe(whole);
  });

  await test.step("open a terminal and type", async () => {
    await ui.tab("Terminals").click();
    await ui.button("New terminal").click();
    await ui.typeInTerminal("echo typed-$((6*7)) && cat copy.txt\n");
    await expect.poll(() => ui.terminalText()).toContain("typed-42");
    await expect.poll(() => ui.terminalText()).toContain("from the browser");
    await ui.picture("terminal");
  });

  await test.step("preview a file that it wrote", async () => {
    await ui.tab("Files").click();
    await ui.file("copy.txt").click();
    await expect(ui.preview).toContainText("from the browser");
    await ui.picture("files");
  });

  await test.step("suspend, resume, stop", async () => {
    await ui.button("Suspend").click();
    await expect(ui.head).toContainText("Suspended");
    await ui.button("Resume").click();
    await expect(ui.head).toContainText("Ready");
    await ui.button("End session").click();
    await page.getByRole("dialog").getByRole("button", { name: "End session" }).click();
    // What the agent itself said of its end goes before: Gemini CLI ends well.
    await expect(ui.head).toContainText(/Ended|Done/);
    await expect(ui.prompt).toBeHidden();
  });

  await test.step("sign out", async () => {
    await page.getByRole("button", { name: "Sign out" }).click();
    await expect(ui.secret).toBeVisible();
    // The link works once.
    await page.goto(link);
    await expect(ui.secret).toBeVisible();
    expect(new URL(page.url()).search).toBe("");
  });
});
