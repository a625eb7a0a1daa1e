// In memory only: an email must not end up in a URL or in the browser's storage.
let typed = "";

/** Remembers the email typed into a form, to prefill the next form. */
export function rememberEmail(email: string): void {
  typed = email;
}

/** The last typed email, or an empty string. */
export function rememberedEmail(): string {
  return typed;
}

/** Clears the email when a session starts or ends. */
export function forgetEmail(): void {
  typed = "";
}
