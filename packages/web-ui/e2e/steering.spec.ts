// Steering sessions: the queue, questions, interruptions, hosts, ends; and that a page which was cut off misses nothing.
// The agent follows a script, so that each moment can be had.
import { expect, test } from "./test.js";
import { Ui } from "./ui.js";

test("the queue is seen, ordered by hand and by keys, held back and taken back", async ({ page, lia }) => {
  const ui = new Ui(page);
  const id = await lia.session("permission go on");
  await ui.session(id);
  await expect(ui.permission).toBeVisible();
  for (const text of ["say one", "say two", "say three"]) await ui.say(text);
  await expect.poll(() => ui.queued()).toEqual(["say one", "say two", "say three"]);

  const item = (text: string) => ui.queue.getByRole("listitem").filter({ hasText: text });
  await item("say three").dragTo(item("say one"));
  await expect.poll(() => ui.queued()).toEqual(["say three", "say one", "say two"]);
  await item("say two")
    .getByRole("button", { name: /^Remove: / })
    .focus();
  await page.keyboard.press("Alt+ArrowUp");
  await expect.poll(() => ui.queued()).toEqual(["say three", "say two", "say one"]);
  await item("say two")
    .getByRole("button", { name: /^Remove: / })
    .click();
  await expect.poll(() => ui.queued()).toEqual(["say three", "say one"]);
  const queue = () => lia.call<{ items: { text: string }[]; paused: boolean }>("GET", `/api/agents/${id}/queue`);
  expect((await queue()).items.map((i) => i.text)).toEqual(["say three", "say one"]);

  await ui.queue.getByRole("button", { name: "Hold back" }).click();
  await expect(ui.queue).toContainText("held back");
  await ui.allow("Allow once");
  await expect(ui.stopTurn).toBeHidden();
  expect(await ui.queued()).toEqual(["say three", "say one"]);
  await ui.queue.getByRole("button", { name: "Go on" }).click();
  await expect(ui.queue).toBeHidden();
  await expect.poll(() => ui.asked()).toEqual(["permission go on", "say three", "say one"]);
  await expect(ui.answers.last()).toContainText("one");
});

test("a question that somebody else answered is gone, and the page says who", async ({ page, lia }) => {
  const ui = new Ui(page);
  const id = await lia.session("permission may I");
  await ui.session(id);
  await expect(ui.permission).toContainText("may I");
  const [asked] = await lia.call<{ id: string; options: { option_id: string; name: string }[] }[]>(
    "GET",
    `/api/v1/tasks/${id}/permissions`,
  );
  const option = asked?.options.find((o) => o.name.startsWith("Reject")) ?? asked?.options.at(-1);
  await lia.call("POST", `/api/v1/tasks/${id}/permissions/${asked?.id}`, { option_id: option?.option_id });
  await expect(ui.permission).toBeHidden();
  await expect(ui.conversation).toContainText("may I");
  await expect(ui.conversation).toContainText("admin");
});

test("a turn is stopped, and a prompt goes before the one that runs", async ({ page, lia }) => {
  const ui = new Ui(page);
  const id = await lia.session("say early; hang");
  await ui.session(id);
  await expect(ui.answers.last()).toContainText("early");
  await ui.prompt.fill("say at once; hang");
  await ui.button("Interrupt").click();
  await expect(ui.answers.last()).toContainText("at once");
  await ui.prompt.press("Escape");
  await expect(ui.stopTurn).toBeHidden();
  await expect(ui.head).toContainText("Ready");
});

test("what comes while the page is cut off is there afterwards, once and in order", async ({ page, lia }) => {
  const ui = new Ui(page);
  const id = await lia.session("slow 80 100");
  await ui.session(id);
  await expect(ui.answers.last()).toContainText("#5");
  await lia.kill();
  await expect(ui.cutOff).toBeVisible();
  await lia.restart();
  await expect(ui.cutOff).toBeHidden();
  const all = Array.from({ length: 80 }, (_, i) => `#${i + 1}`);
  const shown = async () => (await ui.answers.allInnerTexts()).join(" ").split(/\s+/).filter(Boolean);
  await expect.poll(shown).toEqual(all);
  await page.reload();
  await expect.poll(shown).toEqual(all);
});

test("a refused host is shown, with the reason and what can be done", async ({ page, lia }) => {
  const ui = new Ui(page);
  const id = await lia.session("sh curl -sS -m 5 https://refused.example/");
  await ui.session(id);
  await ui.tab("Network").click();
  const hosts = page.getByRole("list", { name: "Destinations" }).getByRole("listitem");
  await expect(hosts).toContainText(["refused.example:443"]);
  await expect(hosts.first()).toContainText("refused");
  await expect(page.getByText("start a task that allows the host")).toBeVisible();
});

test("an agent that ends says so in words, and its log stays", async ({ page, lia }) => {
  const ui = new Ui(page);
  const id = await lia.session("say last words; exit 3");
  await ui.session(id);
  await expect(ui.head).toContainText("Failed");
  await expect(ui.head).toContainText("3");
  await expect(ui.conversation).toContainText("last words");
  await expect(ui.prompt).toBeHidden();
});
