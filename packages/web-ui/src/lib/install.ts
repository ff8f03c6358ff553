import { ApiErrorSchema, InstallDoneSchema, InstallProgressSchema } from "@lia/shared/schemas";
import { SseParser } from "~/log/sse";
import { ApiFailure, ask, parse } from "./api";

/** Installs an agent, saying what it does; gives the version. */
export async function install(name: string, onProgress: (message: string) => void): Promise<string> {
  const at = `/api/v1/agents/${encodeURIComponent(name)}/install`;
  const response = await ask(at, { method: "POST", body: {}, headers: { accept: "text/event-stream" } });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new SseParser();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    for (const event of parser.push(value)) {
      const data: unknown = JSON.parse(event.data);
      if (event.event === "progress") onProgress(parse(InstallProgressSchema, data, at).message);
      else if (event.event === "done") return parse(InstallDoneSchema, data, at).version;
      else if (event.event === "error") throw new ApiFailure(parse(ApiErrorSchema, data, at).error, response.status);
    }
  }
  throw new ApiFailure("the installation broke off", 0);
}
