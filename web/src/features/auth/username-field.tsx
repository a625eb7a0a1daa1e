/** A hidden field that tells password managers which account a password belongs to. */
export function UsernameField({ email }: { email: string }) {
  return <input className="hidden" name="username" autoComplete="username" readOnly value={email} />;
}
