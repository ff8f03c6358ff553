// How fast the UI is and how much it holds. What no other work on the machine can change is always asserted; times and
// frames are printed always, and asserted with LIA_BENCH=1 (`make bench ARGS=web-ui`), where nothing else runs.
import type { Page } from "@playwright/test";

import { Replay } from "./replay.js";
import { expect, test } from "./test.js";
import { text, Ui } from "./ui.js";

const alone = process.env.LIA_BENCH === "1";

/** Prints a figure beside its goal; with nothing else on the machine it has to be met. */
function figure(what: string, measured: number, goal: number, unit: string): void {
  process.stdout.write(`${what}: ${measured.toFixed(1)} ${unit} (goal: ${goal} ${unit})\n`);
  if (alone) expect(measured, what).toBeLessThanOrEqual(goal);
}

interface Frames {
  /** Intervals between frames, in milliseconds, the shortest first. */
  frames: number[];
  /** The longest task. */
  task: number;
}

/** Looks at the page's frames for a while. */
function frames(page: Page, ms: number): Promise<Frames> {
  return page.evaluate(
    (time) =>
      new Promise<Frames>((done) => {
        const intervals: number[] = [];
        let task = 0;
        const tasks = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) task = Math.max(task, entry.duration);
        });
        tasks.observe({ type: "longtask" });
        const begun = performance.now();
        let last = begun;
        const frame = (now: number) => {
          intervals.push(now - last);
          last = now;
          if (now - begun < time) requestAnimationFrame(frame);
          else {
            tasks.disconnect();
            done({ frames: intervals.sort((a, b) => a - b), task });
          }
        };
        requestAnimationFrame(frame);
      }),
    ms,
  );
}

const at = (sorted: number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

/** MiB that the page's scripts hold, after a collection. */
async function heap(page: Page): Promise<number> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("HeapProfiler.collectGarbage");
  const { usedSize } = await cdp.send("Runtime.getHeapUsage");
  await cdp.detach();
  return usedSize / 2 ** 20;
}

test("the first view is small and soon there", async ({ page, lia }) => {
  await page.goto(`${lia.url}/health`);
  const empty = await page.evaluate(() => performance.timing.loadEventEnd - performance.timing.navigationStart);
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 4 });
  const ui = new Ui(page);
  await page.goto("/");
  await expect(ui.prompt).toBeFocused();
  const ready = await page.evaluate(() => performance.now());
  await page.keyboard.type("typed");
  await expect(ui.prompt).toHaveValue("typed");
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 1 });
  const scripts = await page.evaluate(() =>
    performance
      .getEntriesByType("resource")
      .filter((e) => e.name.endsWith(".js"))
      .reduce((sum, e) => sum + (e as PerformanceResourceTiming).encodedBodySize, 0),
  );
  process.stdout.write(`an empty page: ${empty} ms\n`);
  process.stdout.write(`scripts of the first view: ${(scripts / 1000).toFixed(1)} kB (goal: 250 kB)\n`);
  expect(scripts).toBeGreaterThan(10_000);
  expect(scripts).toBeLessThanOrEqual(250_000);
  figure("the first view, the processor slowed to a quarter", ready, 1500, "ms");
});

test("5,000 chunks a second for ten seconds", async ({ page, lia, context }) => {
  test.setTimeout(480_000);
  await page.goto("/health");
  const empty = await frames(page, 3000);
  process.stdout.write(
    `an empty page: 95 % of frames within ${at(empty.frames, 0.95).toFixed(1)} ms, longest task ${empty.task} ms\n`,
  );
  const id = await lia.session("say begun");
  const ui = new Ui(page);
  await ui.session(id);
  await expect(ui.answers.last()).toContainText("begun");
  await expect(ui.stopTurn).toBeHidden();

  const replay = await Replay.start(lia, id);
  try {
    replay.plan = { rate: 5000, seconds: 10 };
    await context.addInitScript(() => sessionStorage.clear());
    await page.goto(`${replay.url}/tasks/${id}`);
    await expect(ui.answers.last()).toContainText(/w\d+/);
    const seen = await frames(page, 9000);
    await expect(ui.answers.last()).toContainText("w50000", { timeout: 60_000 });
    expect(replay.written).toBe(50_000);
    figure("95 % of frames within", at(seen.frames, 0.95), 33.4, "ms");
    figure("the longest task", seen.task, 200, "ms");
    const held = await heap(page);
    process.stdout.write(`heap after 50,000 chunks: ${held.toFixed(1)} MiB (goal: 150 MiB)\n`);
    expect(held).toBeLessThan(150);
  } finally {
    replay.end();
  }
});

test("a session of 100,000 events", async ({ page, lia }) => {
  test.setTimeout(480_000);
  const id = await lia.session("burst 100000 60");
  const last = () => lia.call<{ last_seq: number; busy: boolean }>("GET", `/api/v1/tasks/${id}`);
  await expect.poll(async () => (await last()).last_seq, { timeout: 120_000 }).toBeGreaterThan(100_000);
  await expect.poll(async () => (await last()).busy, { timeout: 120_000 }).toBe(false);
  await lia.input(id, "say and this is the end");
  await expect.poll(async () => (await last()).busy).toBe(false);

  await page.goto("/tasks");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  const ui = new Ui(page);
  await page.goto(`/tasks/${id}`);
  await expect(ui.answers.last()).toContainText("and this is the end");
  figure("a session of 100,000 events is open after", await page.evaluate(() => performance.now()), 1500, "ms");

  // Upwards page by page: what came before is read, and memory stays bounded.
  await ui.conversation.focus();
  const upwards = async () => {
    await page.keyboard.press("Home");
    return text(ui.conversation);
  };
  await expect.poll(upwards, { timeout: 120_000 }).toMatch(/#8\d{4}\b/);
  expect(await text(ui.conversation)).not.toContain("and this is the end");
  const held = await heap(page);
  process.stdout.write(`heap: ${held.toFixed(1)} MiB (goal: 150 MiB)\n`);
  expect(held).toBeLessThan(150);
});
