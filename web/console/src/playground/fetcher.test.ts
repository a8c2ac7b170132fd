import { afterEach, expect, test, vi } from 'vitest';
import { fetcherFor } from './fetcher';

interface Sent {
  path: string;
  init: RequestInit;
}

const sent: Sent[] = [];

function answering(...answers: (object | string)[]) {
  sent.length = 0;
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    sent.push({ path, init });
    const answer = answers.shift() ?? {};
    if (typeof answer === 'string') return new Response(answer, { headers: { 'Content-Type': 'text/event-stream' } });
    return new Response(JSON.stringify(answer), { headers: { 'Content-Type': 'application/json' } });
  });
}

afterEach(() => vi.unstubAllGlobals());

const fault = (code: string, more: object = {}) => ({ data: null, errors: [{ message: code, extensions: { code, ...more } }] });

function page(proof = true) {
  return { leave: vi.fn(), place: () => '/admin/graphiql?a=b', askForProof: vi.fn(async () => proof) };
}

const query = { query: '{ viewer { kind } }' };
const subscription = { query: 'subscription { events(tenant: "x") { type } }' };

async function all(stream: unknown): Promise<unknown[]> {
  const out: unknown[] = [];
  for await (const r of stream as AsyncIterable<unknown>) out.push(r);
  return out;
}

test('a request carries the header that no other site can send, and the cookie', async () => {
  answering({ data: { viewer: { kind: 'admin' } } });
  expect(await fetcherFor(page())(query, { headers: { 'X-Mine': '1' } })).toEqual({ data: { viewer: { kind: 'admin' } } });
  expect(sent[0]?.path).toBe('/admin/graphql');
  expect(sent[0]?.init).toMatchObject({
    method: 'POST',
    credentials: 'same-origin',
    headers: { 'Tenantgate-Csrf': '1', 'X-Mine': '1', 'Content-Type': 'application/json' },
  });
});

test('a fresh proof is asked for, and the request sent again', async () => {
  const p = page();
  answering(fault('STEP_UP_REQUIRED'), { data: { done: true } });
  expect(await fetcherFor(p)(query)).toEqual({ data: { done: true } });
  expect(p.askForProof).toHaveBeenCalledTimes(1);
  expect(sent.map((s) => s.init.body)).toEqual([JSON.stringify(query), JSON.stringify(query)]);
});

test('the level that is named is asked for, and two rounds are enough', async () => {
  const p = page();
  answering(fault('STEP_UP_REQUIRED', { acr: 'aal2' }), fault('STEP_UP_REQUIRED'), fault('STEP_UP_REQUIRED'));
  expect(await fetcherFor(p)(query)).toEqual(fault('STEP_UP_REQUIRED'));
  expect(p.askForProof.mock.calls).toEqual([['aal2'], ['aal2']]);
});

test('who gives no proof sees the fault', async () => {
  answering(fault('STEP_UP_REQUIRED'));
  expect(await fetcherFor(page(false))(query)).toEqual(fault('STEP_UP_REQUIRED'));
  expect(sent).toHaveLength(1);
});

test('who is signed out signs in again, and comes back', async () => {
  for (const code of ['UNAUTHENTICATED', 'INVALID_TOKEN']) {
    const p = page();
    answering(fault(code));
    await fetcherFor(p)(query);
    expect(p.leave).toHaveBeenCalledWith('/admin/sign-in?to=%2Fadmin%2Fgraphiql%3Fa%3Db&ended=1');
  }
});

test('the operation that is in the document is run, whichever the editor has seen last', async () => {
  answering({ data: {} }, 'event: complete\ndata:\n\n', { data: {} }, { data: {} });
  const send = fetcherFor(page());
  const body = () => JSON.parse(String(sent.at(-1)?.init.body)).operationName;
  await send({ query: 'query Tenants { viewer { kind } }', operationName: 'WhoAmI' });
  expect(body()).toBe('Tenants');
  await all(send({ query: 'subscription Live { events(tenant: "x") { type } }', operationName: 'WhoAmI' }));
  expect(body()).toBe('Live');
  await send({ query: 'query A { a } query B { b }', operationName: 'B' });
  expect(body()).toBe('B');
  await send({ query: 'query A { a', operationName: 'C' });
  expect(body()).toBe('C');
});

test('a subscription gives what comes, until it is complete', async () => {
  answering('event: next\ndata: {"data":{"n":1}}\n\n:\n\nevent: next\ndata: {"data":{"n":2}}\n\nevent: complete\ndata:\n\n');
  expect(await all(fetcherFor(page())(subscription))).toEqual([{ data: { n: 1 } }, { data: { n: 2 } }]);
  expect(sent[0]?.init.headers).toMatchObject({ Accept: 'text/event-stream', 'Tenantgate-Csrf': '1' });
});

test('a subscription that is refused says why, also after a fresh proof', async () => {
  answering(fault('STEP_UP_REQUIRED'), fault('FORBIDDEN'));
  expect(await all(fetcherFor(page())(subscription))).toEqual([fault('FORBIDDEN')]);
});

test('a subscription that is cut off is no complete one', async () => {
  answering('event: next\ndata: {"data":{"n":1}}\n\n');
  await expect(all(fetcherFor(page())(subscription))).rejects.toThrow('ended');
});

test('an answer that is none of ours is told in our words', async () => {
  vi.stubGlobal('fetch', async () => new Response('<html>Bad gateway</html>', { status: 502 }));
  await expect(fetcherFor(page())(query)).rejects.toThrow('502');
});

test('a problem document is told as a fault', async () => {
  vi.stubGlobal('fetch', async () =>
    Response.json({ code: 'cross_origin', title: 'Not allowed from this origin' }, { status: 403 }),
  );
  expect(await fetcherFor(page())(query)).toEqual({
    errors: [{ message: 'Not allowed from this origin', extensions: { code: 'CROSS_ORIGIN' } }],
  });
});
