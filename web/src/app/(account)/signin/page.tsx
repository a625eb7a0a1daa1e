import type { Metadata } from "next";
import { GuestOnly } from "@/features/auth/guest-only";
import { SignInForm } from "@/features/auth/sign-in-form";

export const metadata: Metadata = { title: "Sign in" };

/** `/signin` */
export default function SignInPage() {
  return (
    <GuestOnly>
      <SignInForm />
    </GuestOnly>
  );
}
