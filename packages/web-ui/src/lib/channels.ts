import type { WsChannelControlMessage, WsChannelServerMessage } from "@lia/shared";
import { WsChannelServerMessageSchema } from "@lia/shared/schemas";
import { backoff } from "~/log/cursor";

// One socket of channels for the whole page: what happens in all sessions, and terminals.

/** What one subscription is told. */
export interface Subscriber {
  channel: string;
  /** Asked at each (new) connection: where to go on from. */
  resume?(): { since?: number; offset?: number };
  onFrame(frame: Frame): void;
  /** All that was kept has come. */
  onReplayed?(): void;
  onCut?(): void;
}

/** A frame that belongs to a channel. */
export type Frame = Extract<WsChannelServerMessage, { type: "event" | "session.created" | "session.terminated" }>;

/** Whether a subscription to `channel` covers a frame of `of`. */
export function covers(channel: string, of: string): boolean {
  return of === channel || of.startsWith(`${channel}:`);
}

/** The channel of a frame: events say it, the others are of their session. */
export function channelsOf(frame: Frame): string[] {
  if (frame.type === "event") return [frame.channel];
  return ["agents", `session:${frame.sessionId}`, `agent:${frame.agentId}`];
}

/**
 * Frames that a page which only watches all sessions has no use for; told by their beginning, without reading the whole: an agent
 * that writes fast sends thousands.
 */
export function uninteresting(text: string): boolean {
  return (
    text.startsWith('{"type":"event","channel":"agents"') &&
    /"event":\{"type":"(rpc|terminal\.data|filesystem\.changed)"/.test(text.slice(0, 400))
  );
}

/** Whether the server has begun another log than the one that was known: then every cursor is of no use. */
export function isOtherLog(known: string | undefined, said: string | undefined): boolean {
  return known !== undefined && said !== undefined && known !== said;
}

const PING = 25_000;

class Channels {
  #socket: WebSocket | undefined;
  #subscribers = new Set<Subscriber>();
  #epoch: string | undefined;
  #connected = false;
  #attempt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #heard = 0;
  #pinger: ReturnType<typeof setInterval> | undefined;
  #lostOnce = false;
  #backs = new Set<() => void>();
  #errors = new Set<(message: string, channel?: string) => void>();
  /** Called when the server has another log than before. */
  onOtherLog: () => void = () => {};

  /** Hears a channel until the returned function is called. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    if (this.#connected) this.#ask(subscriber);
    else this.#connect();
    return () => {
      this.#subscribers.delete(subscriber);
      const others = [...this.#subscribers].some((s) => s.channel === subscriber.channel);
      if (!others && this.#connected) this.send({ action: "unsubscribe", channel: subscriber.channel });
      if (this.#subscribers.size === 0) this.#close();
    };
  }

  /** Tells the server something; `false` when it is not connected. */
  send(message: WsChannelControlMessage): boolean {
    if (!this.#connected || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** The server answers elsewhere: the next try need not wait. */
  retryNow(): void {
    this.#connect();
  }

  /** Hears that the socket is there again after it was lost. */
  onBack(listener: () => void): () => void {
    this.#backs.add(listener);
    return () => this.#backs.delete(listener);
  }

  /** Hears what the server did not do. */
  onError(listener: (message: string, channel?: string) => void): () => void {
    this.#errors.add(listener);
    return () => this.#errors.delete(listener);
  }

  #ask(subscriber: Subscriber): void {
    this.send({ action: "subscribe", channel: subscriber.channel, ...subscriber.resume?.() });
  }

  #connect = (): void => {
    if (this.#socket || this.#subscribers.size === 0) return;
    clearTimeout(this.#timer);
    const url = new URL("/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url);
    this.#socket = socket;
    this.#heard = Date.now();
    socket.onmessage = (event) => {
      this.#heard = Date.now();
      if (typeof event.data === "string") this.#take(event.data);
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.#lost();
    };
    clearInterval(this.#pinger);
    this.#pinger = setInterval(() => {
      if (Date.now() - this.#heard > 2 * PING) socket.close();
      else this.send({ action: "ping" });
    }, PING);
  };

  #take(text: string): void {
    if (uninteresting(text)) return;
    const result = WsChannelServerMessageSchema.safeParse(JSON.parse(text));
    if (!result.success) return;
    const message = result.data;
    switch (message.type) {
      case "connected":
        this.#connected = true;
        this.#attempt = 0;
        if (isOtherLog(this.#epoch, message.log_epoch)) this.onOtherLog();
        this.#epoch = message.log_epoch ?? this.#epoch;
        for (const s of this.#subscribers) this.#ask(s);
        if (this.#lostOnce) for (const listener of this.#backs) listener();
        return;
      case "subscribed":
        for (const s of this.#subscribers) if (s.channel === message.channel) s.onReplayed?.();
        return;
      case "error":
        for (const listener of this.#errors) listener(message.message, message.channel);
        return;
      case "event":
      case "session.created":
      case "session.terminated": {
        const of = channelsOf(message);
        for (const s of this.#subscribers) if (of.some((c) => covers(s.channel, c))) s.onFrame(message);
        return;
      }
      case "unsubscribed":
      case "pong":
        return;
    }
  }

  #lost(): void {
    this.#lostOnce = true;
    this.#close();
    for (const s of this.#subscribers) s.onCut?.();
    if (this.#subscribers.size === 0) return;
    this.#timer = setTimeout(this.#connect, backoff(this.#attempt++) + 50);
  }

  #close(): void {
    clearInterval(this.#pinger);
    clearTimeout(this.#timer);
    this.#connected = false;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
  }
}

/** The page's one socket. */
export const channels = new Channels();
