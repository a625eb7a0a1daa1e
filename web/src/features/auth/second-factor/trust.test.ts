import { expect, test } from "vitest";
import { trustedFor } from "./trust";

test.each([
  [30 * 86_400, "30 days"],
  [86_400, "1 day"],
  [86_399, "23 hours"],
  [3600, "1 hour"],
  [600, "10 minutes"],
  [1, "1 minute"],
])("trust of %d seconds is %s", (seconds, text) => {
  expect(trustedFor(seconds)).toBe(text);
});
