/** An email in a sentence. A long one breaks anywhere, and keeps its own direction. */
export function EmailText({ email }: { email: string }) {
  return <bdi className="font-medium wrap-anywhere">{email}</bdi>;
}
