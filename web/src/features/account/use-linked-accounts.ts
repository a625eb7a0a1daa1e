import { useQuery } from "@tanstack/react-query";
import { isPasswordless, useCapabilities } from "@/features/auth/capabilities";
import type { User } from "@/features/auth/session";
import { linkedAccounts } from "./account";

/** The key of the query for a user's linked accounts. */
export function linkedAccountsKey({ id }: User) {
  return ["linked accounts", id];
}

/**
 * The user's linked accounts. If the password is the only way to sign in, everybody has one, and nothing is requested.
 */
export function useLinkedAccounts(user: User) {
  const capabilities = useCapabilities();
  const offered = capabilities.socialProviders.length > 0 || isPasswordless(capabilities);
  const { data, error, isPending, isFetching, refetch } = useQuery({
    queryKey: linkedAccountsKey(user),
    queryFn: linkedAccounts,
    enabled: offered,
  });
  return {
    /** Whether the service offers other ways to sign in than the password. */
    offered,
    /** Whether the accounts are still unknown. */
    loading: offered && isPending,
    /** Undefined while they are loading, if the request failed, and if the password is the only way. */
    accounts: data,
    error,
    isFetching,
    refetch,
  };
}

/** What `useLinkedAccounts` returns. */
export type LinkedAccounts = ReturnType<typeof useLinkedAccounts>;
