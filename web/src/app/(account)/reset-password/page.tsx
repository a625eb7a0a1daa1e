import type { Metadata } from "next";
import { ResetPasswordForm } from "@/features/auth/reset-password-form";

export const metadata: Metadata = { title: "Set a new password" };

/** `/reset-password` */
export default function ResetPasswordPage() {
  return <ResetPasswordForm />;
}
