// The UI's places and controls, by the names that people and screen readers have for them: the one file that knows them.
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";

import { expect } from "./test.js";

/** All the text of an element. */
export async function text(of: Locator): Promise<string> {
  return (await of.textContent()) ?? "";
}

export class Ui {
  constructor(readonly page: Page) {}

  // Signing in.
  get secret(): Locator {
    return this.page.getByLabel("Link, code or token");
  }
  get signIn(): Locator {
    return this.button("Sign in");
  }

  // Home, where a task is started, and a session's box.
  get prompt(): Locator {
    return this.page.getByRole("textbox", { name: "Prompt" });
  }
  get files(): Locator {
    return this.page.locator("input[type=file]");
  }
  get start(): Locator {
    return this.button("Start the task");
  }
  async chooseAgent(name: string): Promise<void> {
    await this.page.getByRole("combobox", { name: "Agent" }).selectOption(name);
  }

  // A session.
  get head(): Locator {
    return this.page.locator("main header").first();
  }
  get conversation(): Locator {
    return this.page.getByRole("log", { name: "Conversation" });
  }
  /** What the agent said, in its parts. */
  get answers(): Locator {
    return this.conversation.getByRole("article", { name: "Agent" });
  }
  /** What people said. */
  async asked(): Promise<string[]> {
    return this.conversation.getByRole("article", { name: "You" }).allInnerTexts();
  }
  /** There while a turn runs. */
  get stopTurn(): Locator {
    return this.button("Stop this turn");
  }
  get queue(): Locator {
    return this.page.getByRole("region", { name: "Queue" });
  }
  /** The texts of the queue, in their order. */
  async queued(): Promise<string[]> {
    return this.queue.getByRole("listitem").locator("bdi").allInnerTexts();
  }
  /** An open question of the agent. */
  get permission(): Locator {
    return this.page.getByRole("region", { name: "Open questions" }).getByRole("article");
  }
  get cutOff(): Locator {
    return this.page.getByRole("alert").filter({ hasText: "Cut off from the server" });
  }
  get preview(): Locator {
    return this.page.getByRole("region", { name: /^File / });
  }
  tab(name: string): Locator {
    return this.page.getByRole("tab", { name });
  }
  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }
  file(name: string): Locator {
    return this.page.getByRole("treeitem", { name });
  }

  /** With LIA_SCREENSHOTS=1 the documents' pictures are made anew. */
  async picture(name: string): Promise<void> {
    if (!process.env.LIA_SCREENSHOTS) return;
    const path = join(import.meta.dirname, "../../../docs/pictures", `${name}.png`);
    await this.page.screenshot({ path, animations: "disabled", caret: "hide" });
  }

  async session(id: string): Promise<void> {
    await this.page.goto(`/tasks/${id}`);
    await expect(this.conversation).toBeVisible();
  }
  async say(text: string): Promise<void> {
    await this.prompt.fill(text);
    await this.page.getByRole("button", { name: /^(Send|Queue the prompt)$/ }).click();
  }
  async allow(option: string): Promise<void> {
    await this.permission.getByRole("button", { name: option, exact: true }).click();
    await expect(this.permission).toBeHidden();
  }
  async typeInTerminal(text: string): Promise<void> {
    await this.page.getByRole("textbox", { name: /^Terminal: / }).focus();
    await this.page.keyboard.type(text);
  }
  async terminalText(): Promise<string> {
    const rows = await this.page.locator(".xterm-rows > div").allInnerTexts();
    return rows.join("\n").replaceAll("\u00a0", " ");
  }
}
