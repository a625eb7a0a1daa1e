import type { Metadata } from "next";
import { AccountDeleted } from "@/features/account/account-deleted";

export const metadata: Metadata = { title: "Account deleted" };

/** `/account-deleted` */
export default function AccountDeletedPage() {
  return <AccountDeleted />;
}
