/** To come. */
export function Events(_: Record<string, unknown>) {
  return null;
}
