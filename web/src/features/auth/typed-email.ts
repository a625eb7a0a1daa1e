// In memory alone: an email belongs neither into an address nor into the browser's storage.
let typed = "";

/** Remembers the email that was typed into one form, for the next form that asks for it. */
export function rememberEmail(email: string): void {
  typed = email;
}

/** The email that was typed last, or an empty text. */
export function rememberedEmail(): string {
  return typed;
}

/** Forgets it, when a session begins or ends. */
export function forgetEmail(): void {
  typed = "";
}
