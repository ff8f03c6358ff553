import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Bot, Boxes, KeyRound, List, LogOut, Menu, Plus, Settings, Webhook, X } from "lucide-react";
import { useEffect, useState } from "react";
import { tell } from "~/lib/api";
import { cn } from "~/lib/cn";
import { firstLine } from "~/lib/format";
import { me, queries, tasks } from "~/lib/queries";
import { useWatch } from "~/lib/watch";
import { IconButton } from "~/ui/button";
import { Logo } from "~/ui/logo";
import { Dot, doing } from "~/ui/status";
import { sayFailed } from "~/ui/toast";

async function signOut() {
  try {
    await tell("/api/v1/logout", { method: "POST", body: {} });
    await queries.resetQueries({ queryKey: me.queryKey });
  } catch (error) {
    sayFailed(error);
  }
}

/** What stands around every view: the sidebar, or on a phone a bar that opens it. */
export function Shell() {
  useWatch();
  const [open, setOpen] = useState(false);
  const at = useRouterState({ select: (s) => s.location.pathname });
  // biome-ignore lint/correctness/useExhaustiveDependencies: going somewhere closes it
  useEffect(() => setOpen(false), [at]);
  return (
    <div className="flex h-full flex-col md:flex-row">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-raised focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <header className="flex h-12 shrink-0 items-center gap-2 border-b px-2 md:hidden">
        <IconButton
          label={open ? "Close the menu" : "Open the menu"}
          aria-expanded={open}
          aria-controls="sidebar"
          onClick={() => setOpen(!open)}
        >
          {open ? <X aria-hidden /> : <Menu aria-hidden />}
        </IconButton>
        <Link to="/" className="flex items-center gap-2 font-semibold">
          <Logo /> Lia
        </Link>
      </header>
      {open && (
        <div aria-hidden className="fixed inset-0 top-12 z-30 bg-black/40 md:hidden" onClick={() => setOpen(false)} />
      )}
      <Sidebar open={open} />
      <main id="main" tabIndex={-1} className="min-h-0 min-w-0 flex-1 overflow-y-auto outline-none">
        <Outlet />
      </main>
    </div>
  );
}

const places = [
  { to: "/templates", label: "Agents", icon: Bot, admin: false },
  { to: "/runtimes", label: "Runtimes", icon: Boxes, admin: false },
  { to: "/webhooks", label: "Webhooks", icon: Webhook, admin: false },
  { to: "/tokens", label: "Tokens", icon: KeyRound, admin: true },
  { to: "/settings", label: "Settings", icon: Settings, admin: false },
] as const;

const item =
  "flex h-8 items-center gap-2.5 rounded-md px-2.5 text-muted hover:bg-hover hover:text-fg [&_svg]:size-4 [&_svg]:shrink-0 data-[status=active]:bg-hover data-[status=active]:font-medium data-[status=active]:text-fg";

function Sidebar({ open }: { open: boolean }) {
  const who = useQuery(me).data;
  const recent = useQuery({ ...tasks({ per_page: 30 }), refetchInterval: 30_000 });
  return (
    <nav
      id="sidebar"
      aria-label="Main"
      className={cn(
        "z-40 flex w-64 shrink-0 flex-col border-r bg-sunken max-md:fixed max-md:top-12 max-md:bottom-0 max-md:left-0 max-md:w-72 max-md:shadow-xl",
        !open && "max-md:hidden",
      )}
    >
      <div className="flex h-14 items-center gap-2 px-4 max-md:hidden">
        <Link to="/" className="flex items-center gap-2.5 font-semibold text-[15px]">
          <Logo /> Lia
        </Link>
      </div>
      <div className="grid grid-cols-1 gap-0.5 px-2 pb-2 max-md:pt-3">
        <Link to="/" className={item} activeOptions={{ exact: true }}>
          <Plus aria-hidden /> New task
        </Link>
        <Link to="/tasks" className={item} activeOptions={{ exact: true, includeSearch: false }}>
          <List aria-hidden /> Tasks
        </Link>
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        <h2 className="px-2.5 pt-2 pb-1 font-medium text-faint text-xs">Recent</h2>
        <ul className="grid grid-cols-1 gap-px">
          {recent.data?.tasks.map((t) => (
            <li key={t.id}>
              <Link
                to="/tasks/$id"
                params={{ id: t.id }}
                activeOptions={{ includeSearch: false }}
                className={item}
                title={firstLine(t.prompt) || t.template}
              >
                <Dot is={doing(t)} alone />
                <span className="min-w-0 flex-1 truncate">
                  <bdi>{firstLine(t.prompt) || t.template}</bdi>
                </span>
              </Link>
            </li>
          ))}
        </ul>
      </div>
      <div className="grid grid-cols-1 gap-0.5 border-t p-2">
        {places.map(({ to, label, icon: Icon, admin }) =>
          admin && !who?.scopes.includes("admin") ? null : (
            <Link key={to} to={to} className={item}>
              <Icon aria-hidden /> {label}
            </Link>
          ),
        )}
        <div className="flex items-center gap-1">
          <span className="min-w-0 flex-1 truncate px-2.5 text-muted" title={who?.user_id}>
            {who?.user_id}
          </span>
          <IconButton label="Sign out" onClick={signOut}>
            <LogOut aria-hidden />
          </IconButton>
        </div>
      </div>
    </nav>
  );
}
