// The headers of auth-service's own pages. Each is a difference: Better Auth has no such page, or serves it without them.

/** The headers of a page whose forms may submit to `formAction`, a CSP source list. */
export const PAGE_HEADERS = (formAction) => [
  {
    field: "header.content-security-policy", theirs: null,
    ours: new RegExp(
      `^"default-src 'none'; style-src 'sha256-[\\w+/]{43}='; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'"$`,
    ),
  },
  { field: "header.referrer-policy", theirs: null, ours: '"same-origin"' },
];
