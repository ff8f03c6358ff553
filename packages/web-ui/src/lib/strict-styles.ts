// xterm.js writes style sheets and style attributes as text, which the page's policy forbids. What it makes while it opens is
// given elements that put the same rules in place by ways that are allowed: constructed style sheets, and `style.cssText`.

function sheet(element: HTMLStyleElement): HTMLStyleElement {
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
  const element = Document.prototype.createElement.call(document, tag, options);
  if (element instanceof HTMLStyleElement) return sheet(element);
  if (tag === "span") element.setAttribute = setAttribute;
  return element;
}

/** The document, with elements of {@link make}. */
export function strictDocument(): Document {
  return new Proxy(document, {
    get(target, name) {
      if (name === "createElement") return make;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set(target, name, value) {
      return Reflect.set(target, name, value, target);
    },
  });
}

/** Does something during which the document itself makes such elements. */
export function withStrictStyles<T>(work: () => T): T {
  document.createElement = make as typeof document.createElement;
  try {
    return work();
  } finally {
    Reflect.deleteProperty(document, "createElement");
  }
}
