import { ButtonLink } from "@/ui/button-link";
import { AuthCard } from "./auth-card";

interface Props {
  title: string;
  text: string;
  href: string;
  action: string;
}

/** The page for a disabled feature: explains what is disabled and links to another page. */
export function Unavailable({ title, text, href, action }: Props) {
  return (
    <AuthCard title={title}>
      <p>{text}</p>
      <ButtonLink href={href}>{action}</ButtonLink>
    </AuthCard>
  );
}
