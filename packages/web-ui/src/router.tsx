import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Shell } from "~/shell";
import { Failed, Loading } from "~/ui/state";
import { Home } from "~/views/home";
import { NotFound } from "~/views/not-found";
import { type SessionTab, sessionTabs } from "~/views/session/tabs";
import { Tasks } from "~/views/tasks";

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound });

const home = createRoute({ getParentRoute: () => root, path: "/", component: Home });

const words = ["all", "active", "suspended", "ended"] as const;
/** Which tasks a list shows. */
export type Show = (typeof words)[number];

/** What the list's address says. */
export interface ListSearch {
  show?: Show;
  page?: number;
  q?: string;
}

const tasks = createRoute({
  getParentRoute: () => root,
  path: "/tasks",
  validateSearch: (search: Record<string, unknown>): ListSearch => {
    const show = words.find((w) => w === search.show && w !== "all");
    const page = Number(search.page);
    const q = typeof search.q === "string" ? search.q : typeof search.q === "number" ? String(search.q) : "";
    return { ...(show && { show }), ...(Number.isInteger(page) && page > 1 && { page }), ...(q && { q }) };
  },
  component: Tasks,
});

const session = createRoute({
  getParentRoute: () => root,
  path: "/tasks/$id",
  validateSearch: (search: Record<string, unknown>): { tab?: SessionTab } => {
    const tab = sessionTabs.find((t) => t === search.tab && t !== "conversation");
    return tab ? { tab } : {};
  },
  component: lazyRouteComponent(() => import("~/views/session"), "SessionPage"),
});

const templates = createRoute({
  getParentRoute: () => root,
  path: "/templates",
  component: lazyRouteComponent(() => import("~/views/templates"), "Templates"),
});
const runtimes = createRoute({
  getParentRoute: () => root,
  path: "/runtimes",
  component: lazyRouteComponent(() => import("~/views/runtimes"), "Runtimes"),
});
const webhooks = createRoute({
  getParentRoute: () => root,
  path: "/webhooks",
  component: lazyRouteComponent(() => import("~/views/webhooks"), "Webhooks"),
});
const webhook = createRoute({
  getParentRoute: () => root,
  path: "/webhooks/$id",
  component: lazyRouteComponent(() => import("~/views/webhook"), "WebhookPage"),
});
const tokens = createRoute({
  getParentRoute: () => root,
  path: "/tokens",
  component: lazyRouteComponent(() => import("~/views/tokens"), "Tokens"),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  component: lazyRouteComponent(() => import("~/views/settings"), "Settings"),
});

const login = createRoute({ getParentRoute: () => root, path: "/login", component: Home });

const routeTree = root.addChildren([
  home,
  tasks,
  session,
  templates,
  runtimes,
  webhooks,
  webhook,
  tokens,
  settings,
  login,
]);

/** The views and their addresses. */
export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
