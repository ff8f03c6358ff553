import { ApiErrorSchema, type z } from "@lia/shared/schemas";

/** The server said no, or was not reached (`status` 0), or answered something that the contract does not have (-1). */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";

  constructor(
    message: string,
    readonly status: number,
    readonly code?: string,
    readonly details?: Record<string, unknown>,
  ) {
    super(message);
  }

  /** Whether trying again may help without anybody changing anything. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 502;
  }

  /** What is wrong with which field of a body. */
  get issues(): { path: string; message: string }[] {
    const issues = this.details?.issues;
    if (!Array.isArray(issues)) return [];
    return issues.filter(
      (i): i is { path: string; message: string } => typeof i?.path === "string" && typeof i?.message === "string",
    );
  }
}

/** A sentence for people about whatever was thrown. */
export function sentence(error: unknown): string {
  if (error instanceof ApiFailure && error.issues.length > 0)
    return error.issues.map((i) => (i.path ? `${i.path}: ${i.message}` : i.message)).join("; ");
  return error instanceof Error ? error.message : String(error);
}

type Query = Record<string, string | number | boolean | undefined>;

interface Options<S extends z.ZodType | undefined> {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Query;
  /** Goes as JSON. */
  body?: unknown;
  /** Goes as it is. */
  raw?: Blob;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** What the answer is. Without it the answer's body is not looked at. */
  schema: S;
}

/** Called when the server does not know us any more. */
let onUnauthorized: () => void = () => {};
export function whenUnauthorized(then: () => void): void {
  onUnauthorized = then;
}

/** A path with its query string. */
export function path(base: string, query: Query = {}): string {
  const words = Object.entries(query).flatMap(([k, v]) =>
    v === undefined ? [] : [[k, String(v)] as [string, string]],
  );
  return words.length === 0 ? base : `${base}?${new URLSearchParams(words)}`;
}

/** Asks the server and gives its answer as it came. */
export async function ask(base: string, options: Omit<Options<undefined>, "schema"> = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  if (!headers.has("accept")) headers.set("accept", "application/json");
  let body: BodyInit | undefined;
  if (options.raw) {
    body = options.raw;
    headers.set("content-type", "application/octet-stream");
  } else if (options.body !== undefined) {
    body = JSON.stringify(options.body);
    headers.set("content-type", "application/json");
  }
  let response: Response;
  try {
    response = await fetch(path(base, options.query), {
      method: options.method ?? "GET",
      headers,
      body,
      signal: options.signal,
      credentials: "same-origin",
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiFailure("the server cannot be reached", 0);
  }
  if (response.ok) return response;
  if (response.status === 401 && base !== "/api/v1/login" && base !== "/api/v1/me") onUnauthorized();
  throw await failure(response);
}

async function failure(response: Response): Promise<ApiFailure> {
  const text = await response.text().catch(() => "");
  try {
    const said = ApiErrorSchema.parse(JSON.parse(text));
    return new ApiFailure(said.error, response.status, said.code, said.details);
  } catch {
    const words = response.status >= 502 ? "the server is away" : `the server answered ${response.status}`;
    return new ApiFailure(words, response.status);
  }
}

/** Asks the server and reads its answer by the contract. */
export async function call<S extends z.ZodType>(base: string, options: Options<S>): Promise<z.output<S>> {
  const response = await ask(base, options);
  return parse(options.schema, await response.json().catch(() => undefined), base);
}

/** Tells the server something; its answer has nothing to read. */
export async function tell(base: string, options: Omit<Options<undefined>, "schema">): Promise<void> {
  await ask(base, options);
}

/** Reads a value by the contract. */
export function parse<S extends z.ZodType>(schema: S, value: unknown, what: string): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const where = issue ? ` (${issue.path.join(".") || "the whole"}: ${issue.message})` : "";
  throw new ApiFailure(`the answer of ${what.split("?")[0]} is not as the contract says${where}`, -1);
}
