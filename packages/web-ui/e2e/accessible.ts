// What every view must be, in either theme and on a phone: without a finding of axe-core, and no wider than the screen.
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { expect } from "./test.js";

/** WCAG 2.2 AA and what axe-core calls best practice. */
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails, at the test's end, on what axe-core finds. */
export async function accessible(page: Page, what: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const found = violations.map(
    (v) =>
      `${v.id} (${v.help}): ${v.nodes.map((n) => `${n.html.slice(0, 200)} ${n.any[0]?.message ?? ""}`).join(" | ")}`,
  );
  expect.soft(found, what).toEqual([]);
}

/** Fails, at the test's end, when one must scroll sideways. */
export async function fits(page: Page, what: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const over = [...document.querySelectorAll("body *")].filter((e) => {
      const box = e.getBoundingClientRect();
      if (box.width === 0 || box.right <= width + 1) return false;
      // What scrolls within itself may be wider inside.
      for (let around = e.parentElement; around && around !== document.body; around = around.parentElement)
        if (/(auto|scroll|hidden|clip)/.test(getComputedStyle(around).overflowX)) return false;
      return true;
    });
    const page = document.documentElement.scrollWidth - width;
    return { page, over: over.slice(0, 5).map((e) => e.outerHTML.slice(0, 160)) };
  });
  expect.soft(wide, what).toEqual({ page: 0, over: [] });
}
