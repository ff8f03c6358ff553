import { QueryClientProvider, useQuery } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { ApiFailure, whenUnauthorized } from "~/lib/api";
import { me, queries } from "~/lib/queries";
import { router } from "~/router";
import { Failed, Loading } from "~/ui/state";
import { Toasts } from "~/ui/toast";
import { SignIn } from "~/views/sign-in";

/** The whole page: the sign-in until the server knows us, then the views. */
export function App() {
  return (
    <QueryClientProvider client={queries}>
      <Gate />
      <Toasts />
    </QueryClientProvider>
  );
}

function Gate() {
  const who = useQuery(me);
  useEffect(() => {
    whenUnauthorized(() => void queries.resetQueries({ queryKey: me.queryKey }));
    return () => whenUnauthorized(() => {});
  }, []);
  const stranger = who.error instanceof ApiFailure && who.error.status === 401;
  if (stranger) return <SignIn />;
  if (who.data) return <RouterProvider router={router} />;
  if (who.error)
    return (
      <main className="grid h-full place-content-center">
        <h1 className="sr-only">Lia</h1>
        <Failed error={who.error} title="Lia does not answer" retry={() => who.refetch()} />
      </main>
    );
  return (
    <main className="grid h-full place-content-center">
      <h1 className="sr-only">Lia</h1>
      <Loading what="Connecting" />
    </main>
  );
}
