import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** The server that the development page speaks to. */
const target = process.env.LIA_URL ?? "http://127.0.0.1:3000";
const proxied = ["/api", "/ws", "/health", "/login", "/docs", "/openapi.json", "/asyncapi.json"];

/** The server takes a cookie's request from its own origin alone: through the proxy, the page's is that one. */
function proxy(path: string) {
  return {
    target,
    changeOrigin: true,
    ws: path !== "/health",
    headers: { origin: new URL(target).origin },
  };
}

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "~": new URL("./src", import.meta.url).pathname } },
  build: {
    target: "es2023",
    // Everything is a file of this origin: the page's policy allows nothing inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
  server: {
    host: "127.0.0.1",
    proxy: Object.fromEntries(proxied.map((path) => [path, proxy(path)])),
  },
  test: {
    environment: "node",
    // A machine that does much else besides must not fail them.
    testTimeout: 60_000,
    include: ["test/**/*.test.{ts,tsx}"],
  },
});
