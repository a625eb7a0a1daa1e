import { describe, expect, it } from "vitest";
import { serviceUrlsFor } from "./service-urls";

const CONFIG = {
  hosts: { localhost: { auth: "http://localhost:8081", tasks: "http://localhost:8082" } },
  default: { auth: "", tasks: "" },
};

describe("serviceUrlsFor", () => {
  it("uses the entry for the host name", () => {
    expect(serviceUrlsFor(CONFIG, "localhost", "http://localhost:3000")).toEqual(CONFIG.hosts.localhost);
  });

  it("reads an empty string as the page's own origin", () => {
    const origin = "https://tasks.example";
    expect(serviceUrlsFor(CONFIG, "tasks.example", origin)).toEqual({ auth: origin, tasks: origin });
    expect(serviceUrlsFor(CONFIG, "constructor", origin)).toEqual({ auth: origin, tasks: origin });
  });
});
