/** Why a link in an email did not work. */
export interface LinkProblem {
  title: string;
  text: string;
}

/** The error code of a link that was used, cancelled or forged. */
export const INVALID = "INVALID_TOKEN";

/** The error code of a link that was opened while signed in to a different account. */
export const WRONG_ACCOUNT = "INVALID_USER";

const BY_CODE: Record<string, LinkProblem> = {
  [INVALID]: {
    title: "This link is no longer valid",
    text: "Each link works once. Changing the account's password or email also cancels it.",
  },
  TOKEN_EXPIRED: {
    title: "This link has expired",
    text: "Links in our emails are valid for a limited time.",
  },
  [WRONG_ACCOUNT]: {
    title: "This link is for another account",
    text: "You are signed in to a different account than the one this link belongs to.",
  },
};

const UNKNOWN: LinkProblem = {
  title: "This link did not work",
  text: "It may be incomplete. Some email programs break long links.",
};

/** Explains a failed link by the code that the service adds to the page's URL as `error`. */
export function linkProblem(code: string): LinkProblem {
  return Object.hasOwn(BY_CODE, code) ? (BY_CODE[code] ?? UNKNOWN) : UNKNOWN;
}
