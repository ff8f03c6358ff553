import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  outputDir: "../.e2e/results",
  // A file has one server; its tests share it.
  workers: 1,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    // Debian's package; scripts/setup-test.sh installs it.
    channel: undefined,
    launchOptions: {
      executablePath: "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-proxy-server",
        // Nothing but this machine can be reached, whatever the page asks for.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        // A page that the test gives is from nowhere, and would not be let to this machine's sockets.
        ...(process.env.LIA_E2E_FRESH ? ["--disable-features=LocalNetworkAccessChecks"] : []),
      ],
    },
    viewport: { width: 1280, height: 900 },
    actionTimeout: 30_000,
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
});
