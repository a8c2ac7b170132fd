// What the page of a tenant's app does with passkeys: the native API, and @simplewebauthn/browser as its authors publish
// it. The address says where the API is (?api=) and whether passkeys are suggested in the form (?autofill).
//
// Each button is one turn. When it is over, the attribute data-turn of #outcome counts it and its text says how it ended:
// "signed in LEVEL METHODS", "registered", "challenge KIND: FACTORS", "refused: CODE" by the server, "stopped: CODE" by the
// browser, or "unreachable".
import {
  WebAuthnAbortService,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
} from "/simplewebauthn/index.js";

const query = new URLSearchParams(location.search);
const api = query.get("api");
let token; // access token
let challenge; // that waits for its answer

const element = (id) => document.getElementById(id);
const typed = (id) => element(id).value;

class Refused extends Error {}
class Unreachable extends Error {}

async function call(method, path, body) {
  const headers = {};
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers.Authorization = `Bearer ${token}`;
  const response = await fetch(api + path, { method, headers, body: body && JSON.stringify(body) }).catch(() => {
    throw new Unreachable(); // or not for this origin: the browser does not tell
  });
  const answer = await response.json();
  if (!response.ok) throw new Refused(answer.code);
  return answer;
}

// take remembers what a step gives and says how it ends.
function take(step) {
  if (step.status === "challenge") {
    challenge = step.challenge;
    return `challenge ${challenge.kind}: ${challenge.factors.join(" ")}`;
  }
  token = element("token").value = step.access_token;
  element("session").value = step.session.id;
  return `signed in ${step.session.aal} ${step.session.amr.join(" ")}`;
}

async function answer(asked, useBrowserAutofill = false) {
  const credential = await startAuthentication({ optionsJSON: asked.public_key, useBrowserAutofill });
  return take(await call("POST", `/challenges/${asked.id}`, { factor: "passkey", credential }));
}

async function signIn(body) {
  const step = await call("POST", "/login/passkey", body);
  return answer(step.challenge);
}

async function register() {
  const begun = await call("POST", "/passkeys/options");
  const credential = await startRegistration({ optionsJSON: begun.public_key });
  await call("POST", "/passkeys", { challenge_id: begun.challenge_id, credential, name: "Key of the test" });
  return "registered";
}

const turns = {
  "log-in": async () =>
    take(await call("POST", "/login", { identifier: typed("identifier"), password: typed("password") })),
  discover: () => signIn(),
  find: () => signIn({ identifier: typed("identifier") }),
  answer: () => answer(challenge),
  "answer-password": async () =>
    take(await call("POST", `/challenges/${challenge.id}`, { factor: "password", password: typed("password") })),
  register,
  "step-up": async () => take(await call("POST", "/step-up", { acr: "aal2" })),
  cancel: async () => WebAuthnAbortService.cancelCeremony() ?? "cancelled",
};

async function ended(doing) {
  try {
    return await doing;
  } catch (error) {
    if (error instanceof Refused) return `refused: ${error.message}`;
    if (error instanceof Unreachable) return "unreachable";
    const told = error.code && error.code !== "ERROR_PASSTHROUGH_SEE_CAUSE_PROPERTY";
    return `stopped: ${told ? error.code : error.name}`;
  }
}

for (const [id, turn] of Object.entries(turns)) {
  element(id).addEventListener("click", async () => {
    const outcome = element("outcome");
    outcome.value = await ended(turn());
    outcome.dataset.turn = Number(outcome.dataset.turn) + 1;
  });
}

async function suggest() {
  const step = await call("POST", "/login/passkey");
  const answered = answer(step.challenge, true);
  // The browser is asked in order: once it has told this again, the request for suggestions is with it.
  await browserSupportsWebAuthnAutofill();
  element("autofill").value = "waiting";
  return answered;
}

document.body.dataset.ready = "";
if (query.has("autofill")) element("autofill").value = await ended(suggest());
