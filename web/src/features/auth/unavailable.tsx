import { ButtonLink } from "@/ui/button-link";
import { AuthCard } from "./auth-card";

interface Props {
  title: string;
  text: string;
  href: string;
  action: string;
}

/** A page whose feature is switched off at the service, opened by its address: what is off, and where to go instead. */
export function Unavailable({ title, text, href, action }: Props) {
  return (
    <AuthCard title={title}>
      <p>{text}</p>
      <ButtonLink href={href}>{action}</ButtonLink>
    </AuthCard>
  );
}
