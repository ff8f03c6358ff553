// The same on a phone: 360 pixels wide, by touch, nothing wider than the screen.
import { devices } from "@playwright/test";
import { fits } from "./accessible.js";
import { expect, test } from "./test.js";
import { Ui } from "./ui.js";

const { userAgent } = devices["Pixel 5"];
test.use({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2, userAgent });

test("a task by touch", async ({ page, lia }) => {
  const ui = new Ui(page);
  await page.goto("/");
  await expect(ui.prompt).toBeVisible();
  await fits(page, "home");
  await ui.prompt.fill("write notes.md # Notes");
  await ui.chooseAgent("scripted");
  await ui.start.tap();
  await expect(ui.conversation).toContainText("wrote notes.md");
  await fits(page, "the conversation");

  await ui.say(`permission a long title, ${"which-has-no-place-to-break".repeat(6)}`);
  await fits(page, "a question");
  await ui.say("say queued");
  await expect.poll(() => ui.queued()).toEqual(["say queued"]);
  await fits(page, "the queue");
  await ui.picture("phone");
  await ui.permission.getByRole("button", { name: "Allow once" }).tap();
  await expect(ui.answers.last()).toContainText("queued");
  await ui.say(`say \`${"x".repeat(400)}\` and | a | table |\\n|---|---|\\n| ${"y".repeat(200)} | z |`);
  await expect(ui.answers.last()).toContainText("xxx");
  await fits(page, "long words");

  await ui.tab("Files").tap();
  await ui.file("notes.md").tap();
  await expect(ui.preview).toContainText("Notes");
  await fits(page, "a file");
  await ui.tab("Terminals").tap();
  await ui.button("New terminal").tap();
  await ui.typeInTerminal("echo typed-$((6*7))\n");
  await expect.poll(() => ui.terminalText()).toContain("typed-42");
  await fits(page, "a terminal");
  for (const tab of ["Events", "Network", "Details"]) {
    await ui.tab(tab).tap();
    await expect(ui.tab(tab)).toHaveAttribute("aria-selected", "true");
    await fits(page, tab);
  }

  await ui.tab("Conversation").tap();
  await lia.kill();
  await expect(ui.cutOff).toBeVisible();
  await fits(page, "cut off");
  await lia.restart();
  await expect(ui.cutOff).toBeHidden();

  await ui.button("Open the menu").tap();
  await fits(page, "the menu");
  await page.getByRole("link", { name: "Tasks" }).tap();
  await expect(page.getByRole("link", { name: /write notes\.md/ }).last()).toBeVisible();
  await fits(page, "the list");
});
