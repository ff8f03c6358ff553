/** The views of a session. */
export const sessionTabs = ["conversation", "files", "terminals", "events", "network", "details"] as const;

/** One of them. */
export type SessionTab = (typeof sessionTabs)[number];
