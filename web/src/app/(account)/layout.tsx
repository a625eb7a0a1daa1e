import type { ReactNode } from "react";
import { Providers } from "./providers";

/** What the pages of an account stand in. */
export default function AccountLayout({ children }: { children: ReactNode }) {
  return <Providers>{children}</Providers>;
}
