export function Runtimes() {
  return null;
}
