/** What a cursor makes of events that arrive. */
export interface Admitted<T> {
  /** Those that are new, in the log's order. */
  taken: T[];
  /** Where it stands now. */
  cursor: number;
  /** Whether something was missing: read again from `cursor`. */
  gap: boolean;
}

/**
 * Takes what follows `cursor` without a hole; what is known already is passed over. A log is gapless: after a hole nothing more
 * is taken, since it could not be put in order.
 */
export function admit<T extends { seq: number }>(cursor: number, events: readonly T[]): Admitted<T> {
  const taken: T[] = [];
  let at = cursor;
  for (const event of events) {
    if (event.seq <= at) continue;
    if (event.seq !== at + 1) return { taken, cursor: at, gap: true };
    taken.push(event);
    at = event.seq;
  }
  return { taken, cursor: at, gap: false };
}

/** Milliseconds before the `attempt`th try (from 0), spread so that many pages do not come at once. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(10_000, 250 * 2 ** attempt);
  return attempt === 0 ? 0 : Math.round(base * (0.75 + random() / 2));
}
