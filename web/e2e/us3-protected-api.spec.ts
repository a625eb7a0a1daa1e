import { fetchFromPage, tasksApi, titles } from "./board";
import { expect, signUp, test, tokenOf } from "./fixtures";

test("US3.1 SC-005 `GET /api/{user_id}/tasks` returns only that user's tasks, and the page shows no others", async ({
  page,
  context,
  site,
  person,
  request,
}) => {
  await signUp(request, site);
  await tasksApi(request, site, await tokenOf(request, site)).create({ title: "Bob's secret" });
  const token = await tokenOf(context.request, site);
  const mine = await tasksApi(context.request, site, token).create({ title: "Ada's own" });

  await page.goto("/dashboard");
  await expect(titles(page)).toHaveText(["Ada's own"]);
  for (const user of ["me", person.id]) {
    const answer = await fetchFromPage(page, `${site.tasks}/api/${user}/tasks?status=all`, { token });
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
  expect(await fetchFromPage(page, url, { token })).toMatchObject({ status: 200 });
  const refused = [
    await fetchFromPage(page, url),
    await fetchFromPage(page, url, { token: "nonsense" }),
    await fetchFromPage(page, url, { token: `${unsigned}.${claims}.` }),
    await fetchFromPage(page, url, { token: `${head}.${claims}.${[...signature].reverse().join("")}` }),
  ];
  for (const { status, body } of refused) {
    expect(status).toBe(401);
    // The response is the same for every reason.
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
    expect(await fetchFromPage(page, url, { method, token, ...body })).toMatchObject({ status: 403 });
  }
});
