import type { ReactNode } from "react";
import { Providers } from "./providers";

/** The layout of all account pages. */
export default function AccountLayout({ children }: { children: ReactNode }) {
  return <Providers>{children}</Providers>;
}
