// What an agent writes, and what it calls its files, is text in the page, whatever it looks like: nothing of it runs, none
// of it becomes a part of the page, and nobody else hears of it.
import { expect, test } from "./test.js";
import { text, Ui } from "./ui.js";

const HTML = "</div><img src=x onerror=window.owned=1><script>window.owned=1</script><iframe srcdoc=x></iframe>";
const MARKDOWN = [
  "[a link](javascript:window.owned=1)",
  "[another](data:text/html,<script>window.owned=1</script>)",
  "[a good one](https://example.com/)",
  "![a picture](https://evil.example/x.png)",
  "<style>*{display:none}</style>",
  "<a href='vbscript:x' onclick='window.owned=1'>b</a>",
  "```html",
  "<img src=x onerror=window.owned=1>",
  "```",
].join("\\n");
/** Right-to-left override, an ANSI colour and a window title, a null and a bell. */
const CONTROLS = "user\u202egnp.exe \u001b[31mred\u001b]0;owned\u0007 \u0000\u0007 \u200b\u2066x";

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => Object.defineProperty(window, "owned", { writable: true, value: 0 }));
});

/** None of it has become a part of the page. */
async function isText(ui: Ui): Promise<void> {
  const found = await ui.page.evaluate(() => ({
    owned: (window as unknown as { owned: number }).owned,
    parts: [
      ...document.querySelectorAll("main :is(img, script, iframe, style, object, embed, link, form[action], base)"),
    ].map((e) => e.outerHTML),
    handlers: [...document.querySelectorAll("*")].filter((e) => [...e.attributes].some((a) => a.name.startsWith("on")))
      .length,
    links: [...document.querySelectorAll<HTMLAnchorElement>("main a[href]")]
      .filter((a) => a.origin !== location.origin)
      .map((a) => [a.protocol, a.rel.includes("noopener") && a.rel.includes("noreferrer")]),
    title: document.title,
  }));
  expect(found.owned).toBe(0);
  expect(found.parts).toEqual([]);
  expect(found.handlers).toBe(0);
  for (const link of found.links) expect(link).toEqual(["https:", true]);
  expect(found.title).not.toContain("\u202e");
}

test("in the conversation", async ({ page, lia }) => {
  const ui = new Ui(page);
  const id = await lia.session(`say ${HTML}`);
  await ui.session(id);
  await expect(ui.conversation).toContainText("onerror");
  await isText(ui);
  await ui.say(`say ${MARKDOWN}`);
  await expect(ui.conversation).toContainText("a good one");
  await isText(ui);
  await ui.say(`think ${HTML}`);
  await ui.say(`tool ${HTML}`);
  await ui.say(`say ${CONTROLS}`);
  await ui.say("say ```\\nif (user\u202e) {\\n```");
  await expect(ui.conversation).toContainText("gnp.exe");
  await ui.say(`permission ${HTML}${CONTROLS}`);
  await expect(ui.permission).toContainText("onerror");
  await isText(ui);
  // Where somebody decides by what stands there, letters in another order are shown for what they are.
  for (const place of [ui.permission, ui.head, ui.conversation.locator("pre").last()]) {
    await expect(place).toBeVisible();
    expect(await text(place)).not.toContain("\u202e");
  }
});

test("in a line of a million characters", async ({ page, lia }) => {
  const ui = new Ui(page);
  const id = await lia.session(`say ${"x<b>".repeat(20_000)}`);
  await ui.session(id);
  await ui.say(`sh head -c 1000000 /dev/zero | tr '\\0' 'y'`);
  await expect(ui.stopTurn).toBeHidden();
  await ui.say("say and on it goes");
  await expect(ui.answers.last()).toContainText("and on it goes");
  await isText(ui);
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});

test("in names of files", async ({ page, lia }) => {
  const ui = new Ui(page);
  const names = ["<img src=x onerror=window.owned=1>.txt", "a\u202egnp.exe", "-rf", "é .md", "'\"`$(x)"];
  const id = await lia.session("");
  for (const name of names)
    await fetch(`${lia.url}/api/v1/tasks/${id}/files/content?path=${encodeURIComponent(name)}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${lia.token}`, "content-type": "application/octet-stream" },
      body: `${HTML}\nif (user\u202e) {\n`,
    }).then((answer) => expect(answer.status).toBe(204));
  await ui.session(id);
  await ui.tab("Files").click();
  for (const part of ["onerror", "gnp.exe", "-rf"]) {
    await page.getByRole("treeitem").filter({ hasText: part }).click();
    await expect(ui.preview).toContainText("window.owned=1");
    await isText(ui);
  }
});
