/** One event of a stream. */
export interface ServerEvent {
  event: string;
  data: string;
}

/** Reads text/event-stream as it comes (WHATWG HTML, 9.2.6). Comments, which keep the connection open, are left out. */
export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<ServerEvent, void, undefined> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  let event = '';
  let data: string[] = [];
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      for (;;) {
        // A line end may be cut in half: a CR at the end of what has come waits for what follows.
        const end = /\r\n|\n|\r(?!$)/.exec(rest);
        if (!end) break;
        const line = rest.slice(0, end.index);
        rest = rest.slice(end.index + end[0].length);
        if (line === '') {
          if (event !== '' || data.length > 0) yield { event: event || 'message', data: data.join('\n') };
          event = '';
          data = [];
          continue;
        }
        const [, name, text] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
        if (name === 'event') event = text ?? '';
        if (name === 'data') data.push(text ?? '');
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}
