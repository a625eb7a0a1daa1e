/** Tells password managers whose password a form holds, where the form shows no email. */
export function UsernameField({ email }: { email: string }) {
  return <input className="hidden" name="username" autoComplete="username" readOnly value={email} />;
}
