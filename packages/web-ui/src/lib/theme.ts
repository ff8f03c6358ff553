import { keep } from "./local";

/** How the page looks; `system` follows the device. */
export const theme = keep("theme", ["system", "light", "dark"]);

/** Puts the theme on the page. */
export function applyTheme(): void {
  const wanted = theme.get();
  if (wanted === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = wanted;
}
