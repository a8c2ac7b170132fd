import { Failure, problem, readProblem } from './problem';

/** Sends a request with the session's cookie and reads the JSON of the answer. Throws Failure. */
export async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const response = await reach(path, {
    method,
    headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const answer = parsed(text);
  if (!response.ok) throw new Failure(readProblem(response.status, answer));
  return answer as T;
}

/** fetch, with the session's cookie; throws Failure where no answer came. */
export async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') throw thrown;
    throw new Failure(problem('unreachable', 'The server cannot be reached. Check your connection and try again.'));
  }
}

/** JSON, or undefined for what is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
