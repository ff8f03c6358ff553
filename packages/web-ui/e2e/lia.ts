// A real `lia serve` with a data folder of its own, and a model server beside it: started, killed and started again by
// the tests, and ended with all its instances when they are over.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";

const root = resolve(import.meta.dirname, "../../..");
const built = join(process.env.CARGO_TARGET_DIR ?? join(root, "target"), "debug");

/** The only key that the model server takes; agents never see it. */
const KEY = "sk-e2e-never-inside-5b1f0c";

/** Longer than any step takes; only a defect reaches it. */
const PATIENCE = 60_000;

function program(name: string): string {
  const path = join(built, name);
  if (!existsSync(path)) throw new Error(`${path} is missing; \`make build\` makes it`);
  return path;
}

/** Nothing of this process's environment but what a program needs. */
function scrubbed(home: string, more: Record<string, string>): Record<string, string> {
  const certificates = process.env.SSL_CERT_FILE;
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: home,
    LANG: "C.UTF-8",
    ...(certificates ? { SSL_CERT_FILE: certificates } : {}),
    ...more,
  };
}

/** A port below those that the kernel gives to outgoing connections, and beside those of the tests in Rust. */
async function freePort(): Promise<number> {
  for (let step = 0; step < 1000; step += 1) {
    const port = 30_001 + ((process.pid + step * 7) % 2_600);
    const server = createServer();
    const free = await new Promise<boolean>((answer) => {
      server.once("error", () => answer(false));
      server.listen(port, "127.0.0.1", () => server.close(() => answer(true)));
    });
    if (free) return port;
  }
  throw new Error("no free port below the ephemeral ones");
}

/** The first line of a program's output that a pattern finds. */
function line(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((found, failed) => {
    const late = setTimeout(() => failed(new Error(`no ${String(wanted)} within ${PATIENCE} ms`)), PATIENCE);
    if (!child.stdout) return failed(new Error("its output is not read"));
    const lines = createInterface({ input: child.stdout });
    lines.on("line", (text) => {
      const match = wanted.exec(text);
      if (!match) return;
      clearTimeout(late);
      found(match[1] ?? text);
    });
    lines.on("close", () => failed(new Error(`it ended before ${String(wanted)}`)));
  });
}

/** An answer that was not wanted. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    text: string,
  ) {
    super(`${status}: ${text}`);
  }
}

export class Lia {
  /** Hosts that a page of it may speak to: its own. */
  readonly hosts = new Set<string>();
  /** The printed link of the last start. */
  link = "";
  #child: ChildProcess | undefined;
  #models: ChildProcess | undefined;
  #env: Record<string, string> = {};

  private constructor(
    readonly data: string,
    readonly port: number,
  ) {
    this.hosts.add(new URL(this.url).host);
  }

  static async start(settings: Record<string, string> = {}): Promise<Lia> {
    const lia = new Lia(mkdtempSync(join(tmpdir(), "lia-e2e-")), await freePort());
    try {
      await lia.#models_start();
      const agents = process.env.LIA__AGENTS__DIR ?? join(built, "../agents");
      lia.#env = scrubbed(lia.data, {
        LIA__SERVER__PORT: String(lia.port),
        LIA__SERVER__DATA_DIR: lia.data,
        LIA__AGENTS__DIR: agents,
        LIA__VM__DEFAULT_STORAGE_GB: "2",
        ...lia.#env,
        ...settings,
      });
      await lia.restart();
    } catch (e) {
      await lia.end();
      throw e;
    }
    return lia;
  }

  /** The vendors' APIs on loopback; slow enough that a person sees an answer grow. */
  async #models_start(): Promise<void> {
    const args = ["--key", KEY, "--delay-ms", "40", "--tokens", "60"];
    const env = scrubbed(this.data, {});
    this.#models = spawn(program("model-server"), args, { env, stdio: ["ignore", "pipe", "inherit"] });
    const url = await line(this.#models, /listening on (\S+)/);
    for (const vendor of ["ANTHROPIC", "OPENAI", "GEMINI"]) {
      this.#env[`LIA__PROVIDERS__${vendor}__API_KEY`] = KEY;
      this.#env[`LIA__PROVIDERS__${vendor}__BASE_URL`] = url;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The administrator's token. */
  get token(): string {
    return readFileSync(join(this.data, "admin.token"), "utf8").trim();
  }

  /** What it said on its standard error. */
  get log(): string {
    return readFileSync(join(this.data, "server.log"), "utf8");
  }

  /** Starts it (again) on the same port and data. */
  async restart(): Promise<void> {
    const log = openSync(join(this.data, "server.log"), "a");
    this.#child = spawn(program("lia"), ["serve"], {
      cwd: this.data,
      env: this.#env,
      stdio: ["ignore", "pipe", log],
    });
    closeSync(log);
    try {
      this.link = await line(this.#child, /(http:\S+\/login\?code=\S+)/);
    } catch (e) {
      throw new Error(`lia serve: ${String(e)}\n${this.log}`);
    }
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }

  /** Calls the API as the administrator. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const headers: Record<string, string> = {
      accept: "application/json",
      authorization: `Bearer ${this.token}`,
    };
    if (body !== undefined) headers["content-type"] = "application/json";
    const answer = await fetch(this.url + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Refused(answer.status, text);
    return (text === "" ? undefined : JSON.parse(text)) as T;
  }

  /** A session of the scripted agent, at work on a script. */
  async session(script: string, more: Record<string, unknown> = {}): Promise<string> {
    const body = { agentTemplateId: "scripted", ...more };
    const { id } = await this.call<{ id: string }>("POST", "/api/agents", body);
    if (script !== "") await this.input(id, script);
    return id;
  }

  /** A prompt, without waiting for its turn. */
  async input(id: string, text: string): Promise<void> {
    await this.call("POST", `/api/v1/tasks/${id}/input`, { data: text });
  }

  /** Ends the instances, the server and the models, and removes the data. */
  async end(): Promise<void> {
    try {
      // Instances live on without their server: it has to be there to end them.
      if (!this.#child && this.link !== "") await this.restart();
      if (this.#child?.exitCode === null && this.link !== "") {
        const ended = once(this.#child, "exit");
        await this.call("POST", "/api/v1/server/down", { instances: true });
        await ended;
      }
    } finally {
      await this.kill();
      this.#models?.kill("SIGKILL");
      rmSync(this.data, { recursive: true, force: true });
    }
  }
}
