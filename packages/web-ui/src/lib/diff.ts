/** A line of a difference. */
export interface DiffLine {
  /** `+` new, `-` gone, ` ` the same, `@` what is left out. */
  is: "+" | "-" | " " | "@";
  text: string;
  /** Its number before. */
  old?: number;
  /** Its number after. */
  new?: number;
}

/** Same lines that are shown around a change. */
const CONTEXT = 3;
/** Steps of the search beyond which a change is shown as all gone and all new. */
const STEPS = 600;

/** The lines that differ, with some around them. */
export function diffLines(before: string, after: string): DiffLine[] {
  const [a, b] = [split(before), split(after)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const middle = myers(a.slice(head, a.length - tail), b.slice(head, b.length - tail));
  const all: DiffLine[] = [];
  let [x, y] = [1, 1];
  const put = (is: DiffLine["is"], text: string) => {
    if (is === "+") all.push({ is, text, new: y++ });
    else if (is === "-") all.push({ is, text, old: x++ });
    else all.push({ is, text, old: x++, new: y++ });
  };
  for (const line of a.slice(0, head)) put(" ", line);
  for (const [is, text] of middle) put(is, text);
  for (const line of a.slice(a.length - tail)) put(" ", line);
  return fold(all);
}

function split(text: string): string[] {
  if (text === "") return [];
  const lines = text.replace(/\r\n/g, "\n").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

type Step = ["+" | "-" | " ", string];

/** Myers' greedy search: http://www.xmailserver.org/diff2.pdf */
function myers(a: string[], b: string[]): Step[] {
  const max = Math.min(a.length + b.length, STEPS);
  const trace: Map<number, number>[] = [];
  let v = new Map<number, number>([[1, 0]]);
  for (let d = 0; d <= max; d++) {
    trace.push(new Map(v));
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (v.get(k - 1) ?? 0) < (v.get(k + 1) ?? 0));
      let x = down ? (v.get(k + 1) ?? 0) : (v.get(k - 1) ?? 0) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++;
        y++;
      }
      v.set(k, x);
      if (x >= a.length && y >= b.length) return back(a, b, trace, d);
    }
    v = new Map(v);
  }
  return [...a.map((t): Step => ["-", t]), ...b.map((t): Step => ["+", t])];
}

function back(a: string[], b: string[], trace: Map<number, number>[], end: number): Step[] {
  const steps: Step[] = [];
  let [x, y] = [a.length, b.length];
  for (let d = end; d >= 0; d--) {
    const v = trace[d] ?? new Map<number, number>();
    const k = x - y;
    const down = k === -d || (k !== d && (v.get(k - 1) ?? 0) < (v.get(k + 1) ?? 0));
    const from = down ? k + 1 : k - 1;
    const fromX = v.get(from) ?? 0;
    const fromY = fromX - from;
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x--;
      y--;
      steps.push([" ", a[x] ?? ""]);
    }
    if (d === 0) break;
    if (down) steps.push(["+", b[--y] ?? ""]);
    else steps.push(["-", a[--x] ?? ""]);
  }
  return steps.reverse();
}

function fold(all: DiffLine[]): DiffLine[] {
  const near = new Array<boolean>(all.length).fill(false);
  all.forEach((line, i) => {
    if (line.is === " ") return;
    for (let j = Math.max(0, i - CONTEXT); j <= Math.min(all.length - 1, i + CONTEXT); j++) near[j] = true;
  });
  const out: DiffLine[] = [];
  let hidden = 0;
  const flush = () => {
    if (hidden > 0) out.push({ is: "@", text: `… ${hidden} the same` });
    hidden = 0;
  };
  all.forEach((line, i) => {
    if (!near[i]) hidden++;
    else {
      flush();
      out.push(line);
    }
  });
  flush();
  return out;
}

/** The lines of a unified patch, by file. */
export function patchFiles(patch: string): { path: string; lines: DiffLine[] }[] {
  const files: { path: string; lines: DiffLine[] }[] = [];
  let file: { path: string; lines: DiffLine[] } | undefined;
  let [x, y] = [0, 0];
  let [left, right] = [0, 0];
  for (const line of patch.split("\n")) {
    if (left > 0 || right > 0) {
      const text = line.slice(1);
      if (line.startsWith("+")) {
        file?.lines.push({ is: "+", text, new: y++ });
        right--;
        continue;
      }
      if (line.startsWith("-")) {
        file?.lines.push({ is: "-", text, old: x++ });
        left--;
        continue;
      }
      if (line.startsWith(" ") || line === "") {
        file?.lines.push({ is: " ", text, old: x++, new: y++ });
        left--;
        right--;
        continue;
      }
    }
    if (line.startsWith("diff --git ")) {
      file = { path: /^diff --git a\/(.*) b\/\1$/.exec(line)?.[1] ?? line.slice(11), lines: [] };
      files.push(file);
    } else if (line.startsWith("+++ ") && file && line !== "+++ /dev/null") {
      file.path = line.slice(4).replace(/^b\//, "");
    } else if (
      file &&
      (line.startsWith("Binary files") ||
        line.startsWith("rename ") ||
        line.startsWith("new file") ||
        line.startsWith("deleted file"))
    ) {
      file.lines.push({ is: "@", text: line });
    } else {
      const hunk = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@(.*)$/.exec(line);
      if (hunk && file) {
        [x, y] = [Number(hunk[1]), Number(hunk[3])];
        [left, right] = [Number(hunk[2] ?? 1), Number(hunk[4] ?? 1)];
        file.lines.push({ is: "@", text: line });
      }
    }
  }
  return files;
}
