import { askFromPage, asker, titles } from "./board";
import { expect, signUp, test, tokenOf } from "./fixtures";

test("US3.1 SC-005 `GET /api/{user_id}/tasks` returns only that user's tasks, and the page shows no others", async ({
  page,
  context,
  site,
  person,
  request,
}) => {
  await signUp(request, site);
  await asker(request, site, await tokenOf(request, site)).make({ title: "Bob's secret" });
  const token = await tokenOf(context.request, site);
  const mine = await asker(context.request, site, token).make({ title: "Ada's own" });

  await page.goto("/dashboard");
  await expect(titles(page)).toHaveText(["Ada's own"]);
  for (const user of ["me", person.id]) {
    const answer = await askFromPage(page, `${site.tasks}/api/${user}/tasks?status=all`, { token });
    expect(answer).toMatchObject({ status: 200, body: { tasks: [{ id: mine.id }], next_cursor: null } });
    expect((answer.body as { tasks: unknown[] }).tasks).toHaveLength(1);
  }
});

test("US3.2 US3.3 without a token, and with an invalid one, the answer is 401", async ({
  page,
  context,
  site,
  person,
}) => {
  const token = await tokenOf(context.request, site);
  const [head = "", claims = "", signature = ""] = token.split(".");
  const unsigned = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
  await page.goto("/");
  const url = `${site.tasks}/api/${person.id}/tasks`;
  expect(await askFromPage(page, url, { token })).toMatchObject({ status: 200 });
  const refused = [
    await askFromPage(page, url),
    await askFromPage(page, url, { token: "nonsense" }),
    await askFromPage(page, url, { token: `${unsigned}.${claims}.` }),
    await askFromPage(page, url, { token: `${head}.${claims}.${[...signature].reverse().join("")}` }),
  ];
  for (const { status, body } of refused) {
    expect(status).toBe(401);
    // The same for every reason.
    expect(body).toEqual(refused[0]?.body);
  }
});

test("US3.4 SC-004 user A asking for `/api/{user B}/tasks` gets 403", async ({
  page,
  context,
  site,
  registered: bob,
}) => {
  await signUp(context.request, site);
  const token = await tokenOf(context.request, site);
  await page.goto("/");
  const url = `${site.tasks}/api/${bob.id}/tasks`;
  for (const method of ["GET", "POST"]) {
    const body = method === "POST" ? { body: { title: "Not mine" } } : {};
    expect(await askFromPage(page, url, { method, token, ...body })).toMatchObject({ status: 403 });
  }
});
