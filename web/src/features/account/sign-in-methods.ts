import { EMAIL_PASSWORD, type Capabilities, type SocialProvider } from "@/features/auth/capabilities";
import type { WaysAgain } from "@/features/auth/fresh-session";
import { mailWays } from "@/features/auth/passwordless/mail-ways";
import type { LinkedAccount } from "./account";

/** The `providerId` of the password. */
const PASSWORD = "credential";

/** A provider in the list of sign-in methods. */
export interface ProviderMethod {
  provider: SocialProvider;
  /** The user's account at the provider, if one is linked. */
  account: LinkedAccount | undefined;
  /** Whether the user could not sign in any more without this account. */
  last: boolean;
}

/** Whether the user has a password. */
export function hasPassword(accounts: readonly LinkedAccount[]): boolean {
  return accounts.some(({ providerId }) => providerId === PASSWORD);
}

/** The accounts that the service accepts for a sign-in. */
function usable(accounts: readonly LinkedAccount[], { signInMethods, socialProviders }: Capabilities): LinkedAccount[] {
  return accounts.filter(({ providerId }) =>
    providerId === PASSWORD
      ? signInMethods.includes(EMAIL_PASSWORD)
      : socialProviders.some(({ id }) => id === providerId),
  );
}

/** The providers that the service offers, linked or not, and linked ones that it no longer offers. */
export function providerMethods(accounts: readonly LinkedAccount[], capabilities: Capabilities): ProviderMethod[] {
  const { socialProviders } = capabilities;
  const ways = usable(accounts, capabilities);
  const linked = (provider: SocialProvider): ProviderMethod[] =>
    accounts
      .filter(({ providerId }) => providerId === provider.id)
      .map((account) => ({ provider, account, last: ways.every(({ id }) => id === account.id) }));
  const offered = socialProviders.flatMap((provider) => {
    const methods = linked(provider);
    return methods.length > 0 ? methods : [{ provider, account: undefined, last: false }];
  });
  const others = new Set(accounts.map(({ providerId }) => providerId));
  [PASSWORD, ...socialProviders.map(({ id }) => id)].forEach((id) => others.delete(id));
  // The service does not say the name of a provider that it no longer offers.
  return [...offered, ...[...others].flatMap((id) => linked({ id, name: id }))];
}

/** A user signs in again with the password. */
export const WITH_PASSWORD: WaysAgain = { providers: [], mail: [] };

/** How a user who cannot use a password can sign in again. */
export function waysToSignInAgain(accounts: readonly LinkedAccount[], capabilities: Capabilities): WaysAgain {
  const ways = usable(accounts, capabilities);
  return hasPassword(ways)
    ? WITH_PASSWORD
    : {
        providers: capabilities.socialProviders.filter(({ id }) => ways.some(({ providerId }) => providerId === id)),
        mail: mailWays(capabilities, ""),
      };
}
