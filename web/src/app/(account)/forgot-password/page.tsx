import type { Metadata } from "next";
import { ForgotPasswordForm } from "@/features/auth/forgot-password-form";

export const metadata: Metadata = { title: "Forgot your password?" };

/** `/forgot-password` */
export default function ForgotPasswordPage() {
  return <ForgotPasswordForm />;
}
