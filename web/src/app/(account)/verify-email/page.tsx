import type { Metadata } from "next";
import { VerifyEmail } from "@/features/auth/verify-email";

export const metadata: Metadata = { title: "Verify your email" };

/** `/verify-email` */
export default function VerifyEmailPage() {
  return <VerifyEmail />;
}
