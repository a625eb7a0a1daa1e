import type { Metadata } from "next";
import { GuestOnly } from "@/features/auth/guest-only";
import { SignUpForm } from "@/features/auth/sign-up-form";

export const metadata: Metadata = { title: "Create an account" };

/** `/signup` */
export default function SignUpPage() {
  return (
    <GuestOnly>
      <SignUpForm />
    </GuestOnly>
  );
}
