/** Why a link in a mail did not work. */
export interface LinkProblem {
  title: string;
  text: string;
}

/** A link that was used, cancelled or made up. */
export const INVALID = "INVALID_TOKEN";

/** A link that was opened by somebody who is signed in to another account. */
export const WRONG_ACCOUNT = "INVALID_USER";

const BY_CODE: Record<string, LinkProblem> = {
  [INVALID]: {
    title: "This link is no longer valid",
    text: "A link works once. A newer password or another email on the account cancels it too.",
  },
  TOKEN_EXPIRED: {
    title: "This link has expired",
    text: "Links in our emails are valid for a limited time.",
  },
  [WRONG_ACCOUNT]: {
    title: "This link is for another account",
    text: "You are signed in to a different account than the one this link was sent to.",
  },
};

const UNKNOWN: LinkProblem = {
  title: "This link did not work",
  text: "It may be incomplete. Some email programs break long links.",
};

/** What happened to a link, by the code that the service adds to the page's address as `error`. */
export function linkProblem(code: string): LinkProblem {
  return Object.hasOwn(BY_CODE, code) ? (BY_CODE[code] ?? UNKNOWN) : UNKNOWN;
}
