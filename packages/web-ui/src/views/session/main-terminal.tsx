/** To come. */
export function MainTerminal(_: Record<string, unknown>) {
  return null;
}
