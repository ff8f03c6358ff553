/** To come. */
export function Terminals(_: Record<string, unknown>) {
  return null;
}
