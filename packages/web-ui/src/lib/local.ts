import { useSyncExternalStore } from "react";

// What this browser alone remembers. A browser that keeps nothing (private windows, full disks) works on with what is in
// memory.

const memory = new Map<string, string>();
const listeners = new Set<() => void>();

function read(name: string): string | null {
  try {
    return localStorage.getItem(`lia.${name}`) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

function write(name: string, value: string): void {
  memory.set(name, value);
  try {
    localStorage.setItem(`lia.${name}`, value);
  } catch {
    // It is in memory.
  }
  for (const listener of listeners) listener();
}

/** A text that this browser remembers. */
export interface Kept<T extends string> {
  get(): T;
  set(value: T): void;
}

/** One of the words `allowed`, the first when nothing good is kept. */
export function keep<T extends string>(name: string, allowed: readonly [T, ...T[]]): Kept<T> {
  return {
    get: () => allowed.find((word) => word === read(name)) ?? allowed[0],
    set: (value) => write(name, value),
  };
}

/** A free text, `""` when nothing is kept. */
export function keepText(name: string): Kept<string> {
  return { get: () => read(name) ?? "", set: (value) => write(name, value) };
}

/** The value, and rendering anew when it changes. */
export function useKept<T extends string>(kept: Kept<T>): [T, (value: T) => void] {
  const value = useSyncExternalStore(subscribe, kept.get);
  return [value, kept.set];
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  const other = (event: StorageEvent) => {
    if (event.key?.startsWith("lia.")) listener();
  };
  window.addEventListener("storage", other);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", other);
  };
}
