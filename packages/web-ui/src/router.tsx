import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from "@tanstack/react-router";
import { Shell } from "~/shell";
import { Failed, Loading } from "~/ui/state";
import { Home } from "~/views/home";
import { NotFound } from "~/views/not-found";
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

const login = createRoute({ getParentRoute: () => root, path: "/login", component: Home });

const routeTree = root.addChildren([home, tasks, login]);

/** The views and their addresses. */
export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading />,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
  scrollRestoration: false,
});

void lazyRouteComponent;

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
