import type { Metadata } from "next";
import { AccountDeleted } from "@/features/account/account-deleted";

export const metadata: Metadata = { title: "Your account is deleted" };

/** `/account-deleted` */
export default function AccountDeletedPage() {
  return <AccountDeleted />;
}
