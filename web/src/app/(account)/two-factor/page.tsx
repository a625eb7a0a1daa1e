import type { Metadata } from "next";
import { SecondFactor } from "@/features/auth/second-factor/second-factor";

export const metadata: Metadata = { title: "Two-factor authentication" };

/** `/two-factor` */
export default function TwoFactorPage() {
  return <SecondFactor />;
}
