// @vitest-environment jsdom
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import { spans } from "~/lib/ansi";
import { diffLines, patchFiles } from "~/lib/diff";
import { move } from "~/lib/move";
import { parseAllow, parseEnv } from "~/lib/new-task";
import { visible, visibleLines } from "~/lib/visible";
import { Markdown } from "~/views/session/markdown";

afterEach(cleanup);

test("what hides or turns the order around shows as its number", () => {
  expect(visible("rm \u202egpj.exe")).toBe("rm ⟨202E⟩gpj.exe");
  expect(visible("a\u0000b\u200bc\nd")).toBe("a⟨0000⟩b⟨200B⟩c d");
  expect(visible("Grüße 你好 😀")).toBe("Grüße 你好 😀");
  expect(visibleLines("a\r\nb\u0007")).toBe("a\nb⟨0007⟩");
});

test("of a terminal's sequences only colours are obeyed", () => {
  expect(spans("a\u001b[31;1mb\u001b[0mc")).toEqual([
    { text: "a" },
    { text: "b", color: 1, bold: true },
    { text: "c" },
  ]);
  expect(spans("\u001b]0;title\u0007x\u001b]8;;http://e\u001b\\y\u001b[2J\u001b[Hz")).toEqual([{ text: "xyz" }]);
  expect(spans("10%\r20%\r30%\nok\r\n")).toEqual([{ text: "30%\nok\n" }]);
  expect(spans("\u001b[38;2;1;2;3mx\u001b[38;5;9my")).toEqual([{ text: "x" }, { text: "y", color: 9 }]);
  expect(
    spans("\u001b[\u001b[999999999999mx")
      .map((s) => s.text)
      .join(""),
  ).toContain("x");
});

test("HTML in an agent's text is text, and no address runs anything or is fetched", () => {
  const hostile = [
    "<script>alert(1)</script><img src=x onerror=alert(1)><iframe src='https://e'></iframe>",
    "[click](javascript:alert(1)) [data](data:text/html,x) [ok](https://example.com) <javascript:alert(1)>",
    "![pixel](https://tracker.example/x.png)",
    '<a href="javascript:alert(1)" style="position:fixed">x</a>',
  ].join("\n\n");
  const { container } = render(<Markdown text={hostile} />);
  expect(
    container.querySelectorAll("script, img, iframe, object, embed, style, link, [onerror], [style]"),
  ).toHaveLength(0);
  expect([...container.querySelectorAll("a")].map((a) => a.getAttribute("href"))).toEqual([
    "https://example.com",
    "https://tracker.example/x.png",
  ]);
  expect(container.textContent).toContain("<script>alert(1)</script>");
  for (const a of container.querySelectorAll("a")) expect(a.getAttribute("rel")).toContain("noopener");
});

test("Markdown that is still being written is drawn at each of its steps", () => {
  const text =
    "# Title\n\nSome **bold** and `code`\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```js\nlet a = 1;\n```\n\n- [ ] x\n- [x] y\n";
  for (let n = 0; n <= text.length; n += 3) {
    const { unmount } = render(<Markdown text={text.slice(0, n)} />);
    unmount();
  }
  const { container } = render(<Markdown text={text} />);
  expect(container.querySelector("h2")?.textContent).toBe("Title");
  expect(container.querySelector("table")).not.toBeNull();
  expect(container.querySelectorAll("input[disabled]")).toHaveLength(2);
});

test("a difference has the lines that changed, with their numbers", () => {
  const lines = diffLines("a\nb\nc\nd\ne\nf\ng\nh\n", "a\nb\nc\nd\nX\nf\ng\nh\n");
  expect(lines.filter((l) => l.is !== " ")).toEqual([
    { is: "@", text: "… 1 the same" },
    { is: "-", text: "e", old: 5 },
    { is: "+", text: "X", new: 5 },
  ]);
  expect(diffLines("", "a\n")).toEqual([{ is: "+", text: "a", new: 1 }]);
  expect(diffLines("same\n", "same\n").filter((l) => l.is === "+" || l.is === "-")).toEqual([]);
});

test("the new side of any difference is the new text", () => {
  let random = 3;
  const next = (n: number) => {
    random = (random * 1103515245 + 12345) % 2147483648;
    return random % n;
  };
  for (let round = 0; round < 100; round++) {
    const text = () => Array.from({ length: next(6) }, () => "abc"[next(3)]).join("\n");
    const [before, after] = [text(), text()];
    const lines = diffLines(before, after);
    const side = (gone: "+" | "-") =>
      lines
        .filter((l) => l.is === " " || l.is === gone)
        .map((l) => l.text)
        .join("\n");
    if (lines.some((l) => l.is === "@")) continue;
    expect(side("+")).toBe(after);
    expect(side("-")).toBe(before);
  }
});

test("a patch is read by its counts: a line that looks like a header is text", () => {
  const patch =
    "diff --git a/x.txt b/x.txt\n--- a/x.txt\n+++ b/x.txt\n@@ -1,2 +1,2 @@\n--- old\n+++ new\n same\ndiff --git a/y b/y\nnew file mode 100644\n--- /dev/null\n+++ b/y\n@@ -0,0 +1 @@\n+hi\n";
  const files = patchFiles(patch);
  expect(files.map((f) => f.path)).toEqual(["x.txt", "y"]);
  expect(files[0]?.lines.slice(1)).toEqual([
    { is: "-", text: "-- old", old: 1 },
    { is: "+", text: "++ new", new: 1 },
    { is: " ", text: "same", old: 2, new: 2 },
  ]);
});

test("orders, variables and hosts are read as they are written", () => {
  expect(move(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
  expect(move(["a", "b", "c"], 0, 9)).toEqual(["b", "c", "a"]);
  expect(parseEnv("# x\nA=1\n\nB = 'two words'\nC=a=b")).toEqual({ A: "1", B: "two words", C: "a=b" });
  expect(() => parseEnv("1A=2")).toThrow("line 1");
  expect(parseAllow("a.com, b.com:443\n a.com")).toEqual(["a.com", "b.com:443"]);
});
