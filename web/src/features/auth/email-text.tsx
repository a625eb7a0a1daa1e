/** An email inside a sentence. It can break anywhere and keeps its own text direction. */
export function EmailText({ email }: { email: string }) {
  return <bdi className="font-medium wrap-anywhere">{email}</bdi>;
}
