/** To come. */
export function Details(_: Record<string, unknown>) {
  return null;
}
