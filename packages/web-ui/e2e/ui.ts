// The UI's places and controls, by the names that people and screen readers have for them: the one file that knows them.
import type { Locator, Page } from "@playwright/test";

import { expect } from "./test.js";

export class Ui {
  constructor(readonly page: Page) {}

  // Signing in.
  get secret(): Locator {
    return this.page.getByLabel("Link, code or token");
  }
  get signIn(): Locator {
    return this.page.getByRole("button", { name: "Sign in" });
  }

  // Home.
  get prompt(): Locator {
    return this.page.getByRole("textbox", { name: "Prompt" });
  }
  get files(): Locator {
    return this.page.getByLabel("Add files");
  }
  get start(): Locator {
    return this.page.getByRole("button", { name: "Start" });
  }
  async chooseAgent(name: string): Promise<void> {
    await this.page.getByRole("combobox", { name: "Agent" }).selectOption(name);
  }

  // A session.
  get state(): Locator {
    return this.page.getByRole("status", { name: "State" });
  }
  get conversation(): Locator {
    return this.page.getByRole("log", { name: "Conversation" });
  }
  get message(): Locator {
    return this.page.getByRole("textbox", { name: "Message" });
  }
  get send(): Locator {
    return this.page.getByRole("button", { name: "Send" });
  }
  get interrupt(): Locator {
    return this.page.getByRole("button", { name: "Interrupt" });
  }
  get queue(): Locator {
    return this.page.getByRole("list", { name: "Queue" });
  }
  get permission(): Locator {
    return this.page.getByRole("group", { name: "Permission" });
  }
  get cutOff(): Locator {
    return this.page.getByText(/reconnecting/i);
  }
  /** What the agent said, in its parts. */
  get answers(): Locator {
    return this.conversation.getByRole("article", { name: "Agent" });
  }
  /** What people said. */
  async asked(): Promise<string[]> {
    return this.conversation.getByRole("article", { name: "You" }).allInnerTexts();
  }
  get preview(): Locator {
    return this.page.getByRole("region", { name: "Preview" });
  }
  file(name: string): Locator {
    return this.page.getByRole("treeitem", { name });
  }
  /** A button of the head, which a phone has in a menu. */
  async act(name: string): Promise<void> {
    const button = this.button(name);
    if (!(await button.isVisible())) await this.button("More").click();
    await button.or(this.page.getByRole("menuitem", { name, exact: true })).click();
  }
  async typeInTerminal(text: string): Promise<void> {
    const input = this.page.getByRole("textbox", { name: "Terminal input" });
    await input.focus();
    await this.page.keyboard.type(text);
  }
  async terminalText(): Promise<string> {
    const rows = await this.page.locator(".xterm-rows > div").allInnerTexts();
    return rows.join("\n").replaceAll("\u00a0", " ");
  }
  tab(name: string): Locator {
    return this.page.getByRole("tab", { name });
  }
  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  async session(id: string): Promise<void> {
    await this.page.goto(`/tasks/${id}`);
    await expect(this.conversation).toBeVisible();
  }
  async say(text: string): Promise<void> {
    await this.message.fill(text);
    await this.message.press("Enter");
  }
  /** The texts of the queue, in their order. */
  async queued(): Promise<string[]> {
    return this.queue.getByRole("listitem").allInnerTexts();
  }
}
