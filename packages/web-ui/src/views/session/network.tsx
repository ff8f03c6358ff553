/** To come. */
export function Network(_: Record<string, unknown>) {
  return null;
}
