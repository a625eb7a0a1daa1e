import { useEffect, useState } from "react";
import { tokenCache } from "@/lib/auth-client";
import { useReportedEnrolment } from "@/lib/enrolment";
import { useCapabilities } from "../capabilities";
import type { User } from "../session";

/**
 * Whether a user has to set up two-factor authentication before anything else. Undefined while this is unknown. The
 * service may require it of some users only, so the page asks for an access token, which such users do not get.
 */
export function useEnrolment(user: User | undefined): boolean | undefined {
  const { required } = useCapabilities().twoFactor;
  const refused = useReportedEnrolment();
  const [checked, setChecked] = useState<string>();
  const id = user?.id;
  const isOpen = required && !refused && !user?.twoFactorEnabled;

  useEffect(() => {
    if (!isOpen || !id) {
      return;
    }
    const finish = () => setChecked(id);
    // Usually in the cache already, since it comes with the session. The client reports a refusal.
    tokenCache.current().then(finish, finish);
  }, [isOpen, id]);

  if (user?.twoFactorEnabled) {
    return false;
  }
  return refused || (isOpen && checked !== id ? undefined : false);
}
