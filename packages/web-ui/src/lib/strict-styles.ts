// xterm.js writes style sheets and style attributes as text, which the page's policy forbids. While a terminal is there, elements
// are made that put the same rules in place by ways that are allowed: constructed style sheets, and `style.cssText`.

/** In place of a `<style>`, which would be refused even while it is empty. */
function sheet(): HTMLElement {
  const element = Document.prototype.createElement.call(document, "template");
  const rules = new CSSStyleSheet();
  document.adoptedStyleSheets.push(rules);
  Object.defineProperty(element, "textContent", {
    get: () => "",
    set: (text: string | null) => rules.replaceSync(text ?? ""),
  });
  element.remove = () => {
    document.adoptedStyleSheets = document.adoptedStyleSheets.filter((s) => s !== rules);
    Element.prototype.remove.call(element);
  };
  return element;
}

function setAttribute(this: HTMLElement, name: string, value: string): void {
  if (name === "style") this.style.cssText = value;
  else Element.prototype.setAttribute.call(this, name, value);
}

function make(tag: string, options?: ElementCreationOptions): HTMLElement {
  if (tag === "style") return sheet();
  const element = Document.prototype.createElement.call(document, tag, options);
  if (tag === "span") element.setAttribute = setAttribute;
  return element;
}

let holders = 0;

/** From now on, until the returned function is called. */
export function strictStyles(): () => void {
  if (holders++ === 0) document.createElement = make as typeof document.createElement;
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    if (--holders === 0) Reflect.deleteProperty(document, "createElement");
  };
}
