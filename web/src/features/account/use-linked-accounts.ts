import { useQuery } from "@tanstack/react-query";
import { useCapabilities } from "@/features/auth/capabilities";
import type { User } from "@/features/auth/session";
import { linkedAccounts } from "./account";

/** The key of the query for a user's linked accounts. */
export function linkedAccountsKey({ id }: User) {
  return ["linked accounts", id];
}

/** The user's linked accounts. Without providers there is only the password, and nothing is requested. */
export function useLinkedAccounts(user: User) {
  const offered = useCapabilities().socialProviders.length > 0;
  const { data, error, isPending, isFetching, refetch } = useQuery({
    queryKey: linkedAccountsKey(user),
    queryFn: linkedAccounts,
    enabled: offered,
  });
  return {
    /** Whether the service offers providers. */
    offered,
    /** Whether the accounts are still unknown. */
    loading: offered && isPending,
    /** Undefined while they are loading, if the request failed, and without providers. */
    accounts: data,
    error,
    isFetching,
    refetch,
  };
}

/** What `useLinkedAccounts` returns. */
export type LinkedAccounts = ReturnType<typeof useLinkedAccounts>;
