import { useTitle } from "~/ui/page";

/** Starts a task. */
export function Home() {
  useTitle("");
  return <h1 className="p-8">What should an agent do?</h1>;
}
