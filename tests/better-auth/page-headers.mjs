// The headers of auth-service's own pages, each a difference: Better Auth has no such page, or shows it without.

/** Those of a page whose forms may lead to `formAction`, a source list of CSP. */
export const PAGE_HEADERS = (formAction) => [
  {
    field: "header.content-security-policy", theirs: null,
    ours: new RegExp(
      `^"default-src 'none'; style-src 'sha256-[\\w+/]{43}='; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'"$`,
    ),
  },
  { field: "header.referrer-policy", theirs: null, ours: '"same-origin"' },
];
