import { expect, test } from 'vitest';
import { eventsOf, type ServerEvent } from './sse';

async function read(...pieces: string[]): Promise<ServerEvent[]> {
  const bytes = pieces.map((p) => new TextEncoder().encode(p));
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const b of bytes) controller.enqueue(b);
      controller.close();
    },
  });
  const out: ServerEvent[] = [];
  for await (const e of eventsOf(stream)) out.push(e);
  return out;
}

test('events come one by one', async () => {
  const next = (n: number) => ({ event: 'next', data: `{"n":${n}}` });
  expect(await read('event: next\ndata: {"n":1}\n\nevent: next\ndata: {"n":2}\n\n')).toEqual([next(1), next(2)]);
});

test('what is cut anywhere is put together again', async () => {
  const whole = ': open\n\nevent: next\r\ndata: {"a":\r\ndata:1}\r\n\r\nevent:complete\ndata:\n\n';
  const want = [
    { event: 'next', data: '{"a":\n1}' },
    { event: 'complete', data: '' },
  ];
  for (let at = 0; at <= whole.length; at++) {
    expect(await read(whole.slice(0, at), whole.slice(at))).toEqual(want);
  }
});

test('an event that is not finished is none', async () => {
  expect(await read('event: next\ndata: {}')).toEqual([]);
});
