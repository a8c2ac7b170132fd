/** What went wrong with a request, as the server's problem documents say it (RFC 9457). */
export interface Problem {
  code: string;
  title: string;
  status: number;
  requestId?: string;
  /** Seconds after which trying again makes sense. */
  retryAfter?: number;
  fields: FieldProblem[];
}

export interface FieldProblem {
  field: string;
  code: string;
  message: string;
}

/** A request that failed with a problem. */
export class Failure extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title);
  }
}

export function problem(code: string, title: string, more: Partial<Problem> = {}): Problem {
  return { code, title, status: 0, fields: [], ...more };
}

/** The problem of whatever was thrown. */
export function problemOf(thrown: unknown): Problem {
  if (thrown instanceof Failure) return thrown.problem;
  return problem('internal', 'Something went wrong on this page. Reload it and try again.');
}

/** Reads a problem document; an answer that is none comes from something before the server. */
export function readProblem(status: number, body: unknown): Problem {
  const b = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  if (typeof b.code !== 'string' || typeof b.title !== 'string') {
    return problem('internal', `The server answered ${status}, and not in its own words. Try again in a moment.`, { status });
  }
  return {
    code: b.code,
    title: b.title,
    status,
    requestId: typeof b.request_id === 'string' ? b.request_id : undefined,
    retryAfter: typeof b.retry_after === 'number' ? b.retry_after : undefined,
    fields: Array.isArray(b.fields) ? (b.fields as FieldProblem[]) : [],
  };
}

// What a person can do about a problem, where its title alone does not say.
const advice: Record<string, string> = {
  wrong_code: 'Check the clock of your device, and take the newest code.',
  challenge_expired: 'It took too long, or there were too many wrong answers. Begin again.',
  passkey_refused: 'It is not known here, or not for this address. Try another way.',
  passkey_invalid: 'Passkeys may not be allowed for this address. Try another way.',
  mail_unavailable: 'The server cannot send mail. Sign in another way.',
  method_disabled: 'Sign in another way.',
  cross_origin: 'Open the console by its own address.',
};

/** A problem in words. */
export function words(p: Problem): string {
  const title = /[.!?]$/.test(p.title) ? p.title : `${p.title}.`;
  return advice[p.code] ? `${title} ${advice[p.code]}` : title;
}
