import "~/lib/zod";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "~/app";
import { applyTheme } from "~/lib/theme";
import "~/index.css";

applyTheme();

const root = document.getElementById("root");
if (root)
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
