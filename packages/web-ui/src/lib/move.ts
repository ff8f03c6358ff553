/** The list with the entry at `from` moved to `to`; ends are not left. */
export function move<T>(list: readonly T[], from: number, to: number): T[] {
  const next = list.slice();
  const [entry] = next.splice(from, 1);
  if (entry === undefined) return list.slice();
  next.splice(Math.max(0, Math.min(next.length, to)), 0, entry);
  return next;
}
