import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { Page } from "~/ui/page";
import { Empty } from "~/ui/state";

/** No such address. */
export function NotFound() {
  return (
    <Page title="Not found">
      <Empty icon={<Compass />} title="There is no such page">
        <Link to="/" className="text-accent underline">
          Go home
        </Link>
      </Empty>
    </Page>
  );
}
