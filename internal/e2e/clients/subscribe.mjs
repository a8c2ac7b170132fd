// Follows the events of a tenant through whatever befalls the servers, with a GraphQL client library:
//
//   node subscribe.mjs ws|sse URL KEY TENANT AFTER
//
// Prints each event as a line of JSON, and why a subscription ended. Whenever one ends it subscribes again, behind the last event
// that it has, until it is refused for good.
import { createClient as overSSE } from "graphql-sse";
import { createClient as overWebSocket } from "graphql-ws";
import { setTimeout as sleep } from "node:timers/promises";
import WebSocket from "ws";

const [transport, url, key, tenant, start] = process.argv.slice(2);
const authorization = `Bearer ${key}`;
const query = `subscription($tenant: ID!, $after: String) {
  events(tenant: $tenant, after: $after) { eventId position cursor } }`;

const client =
  transport === "ws"
    ? overWebSocket({
        url: url.replace(/^http/, "ws"),
        webSocketImpl: WebSocket,
        connectionParams: { authorization },
        retryAttempts: 0,
        onNonLazyError: () => {},
      })
    : overSSE({ url, headers: { authorization }, retryAttempts: 0 });

let after = start;

function once() {
  return new Promise((resolve) => {
    client.subscribe(
      { query, variables: { tenant, after } },
      {
        next({ data, errors }) {
          if (errors) return resolve(errors);
          after = data.events.cursor;
          console.log(JSON.stringify({ id: data.events.eventId, position: data.events.position }));
        },
        error: resolve,
        complete: () => resolve("complete"),
      },
    );
  });
}

function reason(why) {
  if (Array.isArray(why)) return why[0].extensions?.code ?? why[0].message;
  if (why?.response) return `status ${why.response.status}`;
  if (why?.code) return `closed ${why.code}`;
  return String(why?.message ?? why);
}

for (;;) {
  const ended = reason(await once());
  console.log(JSON.stringify({ ended }));
  if (["INVALID_TOKEN", "FORBIDDEN", "NOT_FOUND", "status 401", "closed 4401", "closed 4403"].includes(ended)) break;
  await sleep(100);
}
client.dispose?.();
process.exit(0);
