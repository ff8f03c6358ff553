import type { PermissionInfo, PromptQueueState, TaskResponse } from "@lia/shared";
import { ArrowUp, Paperclip, Square, Zap } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { interrupt, interruptWith, prompt, upload } from "~/lib/actions";
import { keepText } from "~/lib/local";
import { Button, IconButton } from "~/ui/button";
import { say, sayFailed } from "~/ui/toast";
import { Questions } from "./questions";
import { Queue } from "./queue";

/** Where one speaks to the agent: open questions, prompts that wait, and the box. */
export function Composer({
  task,
  open,
  queue,
}: {
  task: TaskResponse;
  open: readonly PermissionInfo[];
  queue?: PromptQueueState;
}) {
  const over = task.status === "terminated";
  return (
    <div className="mx-auto grid grid-cols-1 w-full max-w-3xl gap-2 px-3 pb-3 sm:px-6">
      <Questions task={task.id} open={open} />
      {queue && !over && <Queue task={task.id} state={queue} />}
      {over ? (
        <p className="rounded-lg border bg-sunken px-3 py-2.5 text-center text-muted">
          This session is over. Its log stays.
        </p>
      ) : (
        <Box task={task} />
      )}
    </div>
  );
}

function Box({ task }: { task: TaskResponse }) {
  const draft = keepText(`draft.${task.id}`);
  const [text, setText] = useState(draft.get);
  const [sending, setSending] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const file = useRef<HTMLInputElement>(null);
  const busy = task.busy;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the draft is this task's
  useEffect(() => draft.set(text), [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: its height follows its text
  useEffect(() => {
    const el = box.current;
    if (!el) return;
    el.style.height = "auto";
    el.style.height = `${Math.min(el.scrollHeight, 220)}px`;
  }, [text]);

  const send = async (how: (id: string, text: string) => Promise<void>) => {
    const said = text.trim();
    if (said === "" || sending) return;
    setSending(true);
    setText("");
    try {
      await how(task.id, said);
    } catch (error) {
      setText((now) => (now === "" ? said : `${said}\n${now}`));
      sayFailed(error);
    } finally {
      setSending(false);
      box.current?.focus();
    }
  };

  const onKeyDown = (e: KeyboardEvent) => {
    if (e.key === "Escape" && busy) {
      e.preventDefault();
      interrupt(task.id).catch(sayFailed);
      return;
    }
    if (e.key !== "Enter" || e.shiftKey || e.nativeEvent.isComposing) return;
    // On a phone Enter is a new line: its keyboard has no Shift+Enter.
    if (matchMedia("(pointer: coarse)").matches && !e.metaKey && !e.ctrlKey) return;
    e.preventDefault();
    void send(e.metaKey || e.ctrlKey ? (busy ? interruptWith : prompt) : prompt);
  };

  const attach = async (files: Iterable<File>) => {
    for (const f of files) {
      try {
        await upload(task.id, f.name, f);
        setText((t) => `${t}${t && !t.endsWith(" ") && !t.endsWith("\n") ? " " : ""}\`${f.name}\` `);
        say(`${f.name} is in the workspace`);
      } catch (error) {
        sayFailed(error);
      }
    }
    box.current?.focus();
  };

  const holder =
    task.status === "suspended"
      ? "Suspended; a prompt wakes it"
      : busy
        ? "It works: this prompt will wait"
        : "What next?";
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void send(prompt);
      }}
      onDragOver={(e) => e.dataTransfer.types.includes("Files") && e.preventDefault()}
      onDrop={(e) => {
        if (e.dataTransfer.files.length === 0) return;
        e.preventDefault();
        void attach(e.dataTransfer.files);
      }}
      className="rounded-xl border border-line-strong/60 bg-raised shadow-sm focus-within:border-accent"
    >
      <textarea
        ref={box}
        aria-label="Prompt"
        placeholder={holder}
        rows={1}
        value={text}
        dir="auto"
        onChange={(e) => setText(e.target.value)}
        onKeyDown={onKeyDown}
        onPaste={(e) => {
          if (e.clipboardData.files.length === 0) return;
          e.preventDefault();
          void attach(e.clipboardData.files);
        }}
        className="block max-h-56 w-full resize-none bg-transparent px-3.5 pt-3 pb-1 outline-none max-sm:text-base"
      />
      <div className="flex items-center gap-1.5 px-2 pb-2">
        <input
          ref={file}
          type="file"
          multiple
          hidden
          onChange={(e) => e.target.files && attach(Array.from(e.target.files))}
        />
        <IconButton
          label="Put files into the workspace"
          onClick={() => file.current?.click()}
          disabled={task.status !== "running"}
        >
          <Paperclip aria-hidden />
        </IconButton>
        <p className="min-w-0 flex-1 truncate text-[13px] text-faint max-sm:hidden">
          {busy ? "Enter queues · Ctrl+Enter interrupts · Esc stops" : "Enter sends · Shift+Enter new line"}
        </p>
        <span className="flex-1 sm:hidden" />
        {busy && text.trim() !== "" && (
          <Button size="sm" look="ghost" onClick={() => send(interruptWith)}>
            <Zap aria-hidden /> Interrupt
          </Button>
        )}
        {busy && (
          <IconButton label="Stop this turn" look="secondary" onClick={() => interrupt(task.id).catch(sayFailed)}>
            <Square aria-hidden className="fill-current" />
          </IconButton>
        )}
        <IconButton
          label={busy ? "Queue the prompt" : "Send"}
          type="submit"
          look="primary"
          disabled={text.trim() === "" || sending}
        >
          <ArrowUp aria-hidden />
        </IconButton>
      </div>
    </form>
  );
}
