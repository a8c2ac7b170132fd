// What the sign-in page shows, as a pure function of what has happened: it knows no network and no DOM.
import type { Challenge, Enrolment, Factor, Step } from '../api/native';
import { type Problem, problem } from '../api/problem';

export type Screen =
  | { at: 'identify' }
  | { at: 'challenge'; challenge: Challenge; factor: Factor }
  | { at: 'enrol'; challenge: Challenge; enrolment: Enrolment | null }
  | { at: 'codes'; codes: string[] }
  | { at: 'stranger' }
  | { at: 'done' };

export interface State {
  screen: Screen;
  busy: boolean;
  problem: Problem | null;
}

export type Action =
  | { type: 'began' }
  | { type: 'answered'; step: Step }
  | { type: 'enrolling'; enrolment: Enrolment }
  | { type: 'failed'; problem: Problem }
  | { type: 'stopped' } // the browser's dialog was closed
  | { type: 'chose'; factor: Factor }
  | { type: 'restarted' }
  | { type: 'saved' } // the recovery codes
  | { type: 'strange' }; // signed in, and no admin

export const start: State = { screen: { at: 'identify' }, busy: false, problem: null };

/** The order in which factors are offered, the handiest first. */
const order: Factor[] = ['passkey', 'totp', 'email_code', 'password', 'recovery_code'];

/** The factors of a challenge that can answer here, the handiest first. */
export function offered(challenge: Challenge, passkeys: boolean): Factor[] {
  return order.filter((f) => challenge.factors.includes(f) && (f !== 'passkey' || passkeys));
}

/** A reducer for a browser that has passkeys for this address, or has not. */
export function reducer(passkeys: boolean): (state: State, action: Action) => State {
  return (state, action) => {
    switch (action.type) {
      case 'began':
        return { ...state, busy: true, problem: null };
      case 'answered':
        return { screen: after(action.step, passkeys), busy: false, problem: null };
      case 'enrolling':
        if (state.screen.at !== 'enrol') return state;
        return { screen: { ...state.screen, enrolment: action.enrolment }, busy: false, problem: null };
      case 'failed':
        return failed(state, action.problem);
      case 'stopped':
        return { ...state, busy: false };
      case 'chose':
        if (state.screen.at !== 'challenge') return state;
        return { screen: { ...state.screen, factor: action.factor }, busy: false, problem: null };
      case 'restarted':
        return state.screen.at === 'enrol' && state.screen.enrolment
          ? { screen: { ...state.screen, enrolment: null }, busy: false, problem: null }
          : start;
      case 'saved':
        return { screen: { at: 'done' }, busy: true, problem: null };
      case 'strange':
        return { screen: { at: 'stranger' }, busy: false, problem: null };
    }
  };
}

function after(step: Step, passkeys: boolean): Screen {
  if (step.status === 'signed_in') {
    return step.recovery_codes?.length ? { at: 'codes', codes: step.recovery_codes } : { at: 'done' };
  }
  const { challenge } = step;
  if (challenge.kind === 'enrol') return { at: 'enrol', challenge, enrolment: null };
  const [factor] = offered(challenge, passkeys);
  return { at: 'challenge', challenge, factor: factor ?? challenge.factors[0] ?? 'password' };
}

function failed(state: State, p: Problem): State {
  // An attempt that is over cannot be answered any more; why it is over stays on the screen.
  if (p.code === 'challenge_expired') return { screen: start.screen, busy: false, problem: p };
  return { ...state, busy: false, problem: p };
}

/** The field that a problem is about, by the name of its input. */
export function fieldOf(p: Problem | null): string | null {
  if (!p) return null;
  const [first] = p.fields;
  if (first) return first.field;
  const fields: Record<string, string> = { invalid_credentials: 'password', wrong_code: 'code' };
  return fields[p.code] ?? null;
}

/** What a passkey's dialog ended with: nothing to say where the user closed it. */
export function ceremonyProblem(thrown: unknown): Problem | null {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'NotAllowedError' || name === 'AbortError') return null;
  if (name === 'InvalidStateError')
    return problem('passkey_taken', 'This device has a passkey for you already. Use another one.');
  return problem('passkey_failed', 'The browser could not use a passkey. Try another way.');
}
