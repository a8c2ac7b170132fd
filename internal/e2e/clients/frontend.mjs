// Plays the calls of a browser's front end against one of five authentication APIs,
// written from the published API documents alone:
//
//   node frontend.mjs NAME BASE MAILBOX [ORIGIN]
//
// NAME is waanverse, waanverse-magic, axor, wolf or spaces; BASE the URL at which the
// API is mounted, MAILBOX that of a JSON mailbox. A jar keeps the cookies by a browser's
// rules and sends them back, as fetch does with credentials: "include". Where the session
// lives in cookies, no other header says who is calling; wolf's and spaces' tokens live
// in memory.
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CookieJar } from "tough-cookie";

const [name, base, mailbox, origin] = process.argv.slice(2);
const jar = new CookieJar();
const username = "newcomer" + randomBytes(5).toString("hex");
const address = username + "@example.com";
const password = "otter carries 7 lanterns";
const wrong = "badger forgets 3 umbrellas";

class Mismatch extends Error {}

function expect(condition, what, answer) {
  if (!condition) {
    throw new Mismatch(`${answer.call}\n  expected: ${what}\n  came:     ${answer.status} ${answer.text}`);
  }
}

// One request: body is sent as JSON, or as a form if it is URLSearchParams.
async function send(method, path, body, headers = {}) {
  const url = path.startsWith("http") ? path : base + path;
  const cookies = await jar.getCookieString(url);
  const isForm = body instanceof URLSearchParams;
  const response = await fetch(url, {
    method,
    body: isForm || body === undefined ? body : JSON.stringify(body),
    headers: {
      Accept: "application/json",
      // fetch names a form's content type by itself.
      ...(body !== undefined && !isForm && { "Content-Type": "application/json" }),
      ...(cookies && { Cookie: cookies }),
      ...(origin && { Origin: origin }),
      ...headers,
    },
  });
  for (const cookie of response.headers.getSetCookie()) {
    await jar.setCookie(cookie, response.url || url);
  }
  const answer = {
    call: `${method} ${path}`,
    status: response.status,
    retryAfter: Number(response.headers.get("Retry-After") ?? Infinity),
    text: await response.text(),
  };
  try {
    answer.data = JSON.parse(answer.text);
  } catch {
    answer.data = undefined;
  }
  return answer;
}

function step(answer, note) {
  console.log(`ok  ${answer.call}  ${answer.status}${note ? `  (${note})` : ""}`);
  return answer;
}

async function ok(method, path, body, { headers, note } = {}) {
  let answer = await send(method, path, body, headers);
  if (answer.status === 429 && answer.retryAfter <= 60) {
    // Asked for too soon: wait as told, and ask once more.
    console.log(`..  ${answer.call}  429  (again in ${answer.retryAfter} s)`);
    await sleep(answer.retryAfter * 1000);
    answer = await send(method, path, body, headers);
  }
  expect(answer.status >= 200 && answer.status < 300, "status 2xx", answer);
  return step(answer, note);
}

// A missing endpoint (404), a wrong method (405) or too many requests (429) are no judgement.
async function refused(method, path, body, { headers, note } = {}) {
  const answer = await send(method, path, body, headers);
  const refusal = answer.status >= 400 && answer.status < 500 && ![404, 405, 429].includes(answer.status);
  expect(refusal, `a refusal, 4xx (${note})`, answer);
  return step(answer, `${note}, refused`);
}

// The answer speaks of the person who signed up.
function mine(answer) {
  expect(answer.text.includes(address), `an answer holding ${address}`, answer);
}

function text(answer, field) {
  const value = answer.data?.[field];
  expect(typeof value === "string" && value !== "", `the field ${field} as a string`, answer);
  return value;
}

const seen = new Set();

async function mails() {
  // The mailbox is the test's, not the front end's: no cookies, no origin.
  const response = await fetch(`${mailbox}?${new URLSearchParams({ to: address })}`);
  return (await response.json()).mails ?? [];
}

// What is there by now is not the mail that the next request brings.
async function mark() {
  for (const mail of await mails()) seen.add(mail.id);
}

// The newest unseen mail that has part (code, link, text); waits up to 20 s for it.
async function mailed(part) {
  const fresh = async () => (await mails()).filter((mail) => !seen.has(mail.id) && mail[part]).at(-1);
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(500)) {
    if (await fresh()) {
      await sleep(1000); // an earlier mail may have arrived just before the one asked for
      const mail = await fresh();
      await mark();
      console.log(`ok  mail  ${mail.subject}`);
      return mail;
    }
  }
  throw new Mismatch(`mail\n  expected: a mail to ${address} with a ${part} within 20 s`);
}

const journeys = {
  async waanverse() {
    const me = async (note) => mine(await ok("GET", "/me/", undefined, { note }));
    const login = { login_field: address, password };
    await ok("POST", "/signup/", { username, email_address: address, password, confirm_password: password });
    await mark();
    await ok("POST", "/signup/email/initiate-verification/", { email_address: address });
    await ok("POST", "/signup/email/verify/", { email_address: address, code: (await mailed("code")).code });
    await refused("POST", "/login/", { ...login, password: wrong }, { note: "wrong password" });
    await ok("POST", "/login/", login);
    await me("reload");
    await ok("GET", "/refresh/");
    await me("refreshed");
    await ok("POST", "/logout/");
    await refused("GET", "/me/", undefined, { note: "after sign-out" });
    await ok("POST", "/login/", login, { note: "again" });
    await me();
  },

  async "waanverse-magic"() {
    const me = async (note) => mine(await ok("GET", "/me/", undefined, { note }));
    const withCode = async (path) => {
      await mark();
      await ok("POST", path, { email_address: address }, { note: "step 1" });
      const { code } = await mailed("code");
      text(await ok("POST", path, { email_address: address, code }, { note: "step 2" }), "sid");
    };
    await withCode("/signup/");
    await me("reload");
    await ok("POST", "/refresh/");
    await me("refreshed");
    await ok("POST", "/logout/");
    await refused("GET", "/me/", undefined, { note: "after sign-out" });
    await withCode("/login/");
    await me();
  },

  async axor() {
    const me = async (note) => mine(await ok("GET", "/user/me/", undefined, { note }));
    const login = { email: address, password };
    mine(await ok("POST", "/user/register/", { ...login, first_name: "Ada", last_name: "Newcomer" }));
    await refused("POST", "/user/login/", { ...login, password: wrong }, { note: "wrong password" });
    mine(await ok("POST", "/user/login/", login));
    await me("reload");
    // The document has no refresh: the session carries on by itself.
    await me("reload again");
    await ok("POST", "/user/logout/");
    await refused("GET", "/user/me/", undefined, { note: "after sign-out" });
    mine(await ok("POST", "/user/login/", login, { note: "again" }));
    await me();
  },

  // The document has no "who am I": that a refresh works, or not, says who is signed in.
  async wolf() {
    const form = (fields) => new URLSearchParams(fields);
    let tokens;
    const take = (answer) => {
      tokens = { access: text(answer, "access_token"), refresh: text(answer, "refresh_token") };
    };
    const refresh = async (note) =>
      take(await ok("POST", "/auth/refresh", form({ refresh_token: tokens.refresh }), { note }));
    const registered = await ok("POST", "/auth/register", form({ username, email: address, password }));
    expect(text(registered, "code") === "PENDING_CONFIRMATION", "the code PENDING_CONFIRMATION", registered);
    // The document has no endpoint that confirms: if the mail carries a link, it is opened,
    // a page's visit with no Origin of the front end.
    const { link } = await mailed("text");
    if (link) {
      const page = await fetch(link);
      const visit = { call: `GET ${link}`, status: page.status, text: await page.text() };
      expect(page.ok, "a page", visit);
      step(visit, "the mail's link");
    }
    await refused("POST", "/auth/login", form({ email: address, password: wrong }), { note: "wrong password" });
    take(await ok("POST", "/auth/login", form({ email: address, password })));
    await refresh();
    await refresh("again");
    await ok("POST", "/auth/logout", form({}), { headers: { Authorization: `Bearer ${tokens.access}` } });
    await refused("POST", "/auth/refresh", form({ refresh_token: tokens.refresh }), { note: "after sign-out" });
    take(await ok("POST", "/auth/login", form({ email: address, password }), { note: "again" }));
    await refresh();
  },

  async spaces() {
    let headers;
    const login = async (note) => {
      const answer = await ok("POST", "/api/user/login/", { email: address, password }, { note });
      headers = { Authorization: `JWT ${text(answer, "token")}` };
    };
    const view = async (note) => mine(await ok("GET", "/api/user/view/", undefined, { headers, note }));
    mine(await ok("POST", "/api/user/create/", { email: address, password }));
    await refused("POST", "/api/user/login/", { email: address, password: wrong }, { note: "wrong password" });
    await login();
    await view();
    // The document has no refresh: the token in memory carries on.
    await view("again");
    await ok("POST", "/api/user/logout/all/", undefined, { headers });
    await refused("GET", "/api/user/view/", undefined, { headers, note: "after sign-out" });
    await login("again");
    await view();
  },
};

if (!journeys[name] || !base || !mailbox) {
  console.error("usage: node frontend.mjs NAME BASE MAILBOX [ORIGIN], NAME one of", Object.keys(journeys).join(", "));
  process.exit(2);
}
try {
  await journeys[name]();
} catch (error) {
  console.error(error instanceof Mismatch ? `MISMATCH ${error.message}` : error);
  process.exitCode = 1;
}
