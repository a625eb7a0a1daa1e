import { EMAIL_PASSWORD, type Capabilities, type SocialProvider } from "@/features/auth/capabilities";
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

/** The providers that a user who cannot use a password can sign in with again. */
export function providersToSignInAgain(
  accounts: readonly LinkedAccount[],
  capabilities: Capabilities,
): readonly SocialProvider[] {
  const ways = usable(accounts, capabilities);
  return hasPassword(ways)
    ? []
    : capabilities.socialProviders.filter(({ id }) => ways.some(({ providerId }) => providerId === id));
}
