// The admin API. A session's cookie counts only beside a header that no other site can make a browser send.
import { parsed, reach } from './http';
import { Failure, problem } from './problem';
import { eventsOf } from './sse';

const path = '/admin/graphql';

export interface Operation {
  query: string;
  variables?: unknown;
  operationName?: string | null;
}

export interface GraphQLFault {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string; acr?: string; retryAfter?: number };
}

export interface Result {
  data?: unknown;
  errors?: GraphQLFault[];
  extensions?: unknown;
}

/** The fault with one of some codes that a result holds for the whole request. */
export function faultOf(result: Result, ...codes: string[]): GraphQLFault | undefined {
  return result.errors?.find((e) => codes.includes(e.extensions?.code ?? ''));
}

function request(operation: Operation, accept: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Response> {
  return reach(path, {
    method: 'POST',
    headers: { ...headers, Accept: accept, 'Content-Type': 'application/json', 'Tenantgate-Csrf': '1' },
    body: JSON.stringify(operation),
    signal,
  });
}

/** Runs a query or mutation. Throws Failure where the answer is none of GraphQL. */
export async function run(operation: Operation, headers: Record<string, string> = {}): Promise<Result> {
  return resultOf(await request(operation, 'application/json', headers));
}

async function resultOf(response: Response): Promise<Result> {
  const answer = parsed(await response.text());
  if (typeof answer === 'object' && answer !== null) {
    if ('data' in answer || 'errors' in answer) return answer as Result;
    if ('code' in answer && 'title' in answer) {
      // A problem document comes from what stands before the API: it is told like any other fault.
      const { code, title } = answer as { code: string; title: string };
      return { errors: [{ message: title, extensions: { code: code.toUpperCase() } }] };
    }
  }
  const title = `The server answered ${response.status}, and not in its own words. Try again in a moment.`;
  throw new Failure(problem('internal', title, { status: response.status }));
}

/** Follows a subscription over server-sent events (GraphQL over SSE, distinct connections), until its reader stops. */
export async function* follow(
  operation: Operation,
  headers: Record<string, string> = {},
): AsyncGenerator<Result, void, undefined> {
  const stop = new AbortController();
  try {
    const response = await request(operation, 'text/event-stream', headers, stop.signal);
    if (!response.ok || !response.body || !response.headers.get('Content-Type')?.startsWith('text/event-stream')) {
      yield await resultOf(response);
      return;
    }
    for await (const e of eventsOf(response.body)) {
      if (e.event === 'complete') return;
      if (e.event === 'next') yield JSON.parse(e.data) as Result;
    }
    throw new Failure(
      problem('unreachable', 'The connection has ended. Run the subscription again, after the last cursor that you have.'),
    );
  } finally {
    stop.abort();
  }
}
