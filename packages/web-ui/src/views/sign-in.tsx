import type { LoginRequest } from "@lia/shared";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { sentence, tell } from "~/lib/api";
import { me, queries } from "~/lib/queries";
import { Button } from "~/ui/button";
import { Field, Input } from "~/ui/field";
import { Logo } from "~/ui/logo";
import { Notice } from "~/ui/state";

/** A one-time code or a token; the printed link may be pasted whole. */
export function codeOf(text: string): string {
  const trimmed = text.trim();
  try {
    return new URL(trimmed).searchParams.get("code") ?? trimmed;
  } catch {
    return trimmed;
  }
}

/** Asks who one is. */
export function SignIn() {
  const [text, setText] = useState("");
  // The server shows this page below the link itself when its code is used up.
  const [stale] = useState(() => location.pathname === "/login");
  const login = useMutation({
    mutationFn: (code: string) => tell("/api/v1/login", { method: "POST", body: { code } satisfies LoginRequest }),
    onSuccess: () => {
      setText("");
      // What another user saw is not this one's.
      queries.removeQueries({ predicate: (q) => q.queryKey[0] !== me.queryKey[0] });
      void queries.resetQueries({ queryKey: me.queryKey });
    },
  });
  useEffect(() => {
    document.title = "Sign in · Lia";
    if (stale) history.replaceState(null, "", "/");
  }, [stale]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (text.trim()) login.mutate(codeOf(text));
  };
  return (
    <main className="grid min-h-full place-items-center bg-sunken p-4">
      <form
        onSubmit={submit}
        className="grid grid-cols-1 w-full max-w-sm gap-5 rounded-xl border bg-raised p-6 shadow-sm"
      >
        <div className="flex items-center gap-3">
          <Logo className="size-9" />
          <div>
            <h1 className="font-semibold text-lg leading-tight">Sign in to Lia</h1>
            <p className="text-muted">Agents in their own sandboxes</p>
          </div>
        </div>
        {stale && !login.error && <Notice tone="warn">That link has been used, or is too old.</Notice>}
        <Field
          label="Link, code or token"
          error={login.error ? sentence(login.error) : undefined}
          hint={
            <>
              The server prints a link when it starts. <code className="font-mono">lia token create</code> makes tokens.
            </>
          }
        >
          {(control) => (
            <Input
              {...control}
              type="password"
              name="code"
              autoComplete="current-password"
              autoCapitalize="off"
              spellCheck={false}
              value={text}
              onChange={(e) => setText(e.target.value)}
              required
            />
          )}
        </Field>
        <Button type="submit" look="primary" disabled={login.isPending || text.trim() === ""}>
          {login.isPending ? "Signing in…" : "Sign in"}
        </Button>
      </form>
    </main>
  );
}
