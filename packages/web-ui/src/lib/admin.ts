import { useQuery } from "@tanstack/react-query";
import { me } from "./queries";

/** Whether the caller may change what is everybody's. */
export function useAdmin(): boolean {
  return useQuery(me).data?.scopes.includes("admin") ?? false;
}
