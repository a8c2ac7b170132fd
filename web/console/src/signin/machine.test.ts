import { describe, expect, test } from 'vitest';
import type { Challenge, Enrolment, Step } from '../api/native';
import { problem } from '../api/problem';
import { type Action, ceremonyProblem, fieldOf, offered, reducer, type State, start } from './machine';

const mfa: Challenge = { id: 'chl_1', kind: 'mfa', factors: ['totp', 'recovery_code', 'passkey'], expires_at: '' };
const enrol: Challenge = { id: 'chl_2', kind: 'enrol', factors: ['totp', 'passkey'], expires_at: '' };
const enrolment: Enrolment = { challenge_id: 'chl_2', factor: 'totp', secret: 'ABC' };
const asked = (challenge: Challenge): Action => ({ type: 'answered', step: { status: 'challenge', challenge } });
const signedIn = (codes?: string[]): Action => ({
  type: 'answered',
  step: { status: 'signed_in', recovery_codes: codes } as Step,
});

function played(actions: Action[], passkeys = true): State {
  return actions.reduce(reducer(passkeys), start);
}

describe('a sign-in', () => {
  test('begins with who it is', () => {
    expect(start).toEqual({ screen: { at: 'identify' }, busy: false, problem: null });
  });

  test('waits while the server is asked', () => {
    expect(played([{ type: 'began' }])).toMatchObject({ busy: true, problem: null });
  });

  test('is over with a session', () => {
    expect(played([{ type: 'began' }, signedIn()])).toEqual({ screen: { at: 'done' }, busy: false, problem: null });
  });

  test('asks for the handiest factor that can answer here', () => {
    expect(played([asked(mfa)])).toMatchObject({ screen: { at: 'challenge', factor: 'passkey' } });
    expect(played([asked(mfa)], false)).toMatchObject({ screen: { at: 'challenge', factor: 'totp' } });
  });

  test('goes from one challenge to the next', () => {
    expect(played([asked({ ...mfa, id: 'chl_0', kind: 'email_code', factors: ['email_code'] }), asked(mfa)])).toMatchObject({
      screen: { challenge: { id: 'chl_1' } },
    });
  });

  test('takes another factor and forgets what was wrong with the last', () => {
    const wrong: Action = { type: 'failed', problem: problem('wrong_code', 'Wrong') };
    expect(played([asked(mfa), wrong, { type: 'chose', factor: 'recovery_code' }])).toMatchObject({
      screen: { factor: 'recovery_code' },
      problem: null,
    });
  });

  test('stays where a code was wrong', () => {
    const state = played([asked(mfa), { type: 'began' }, { type: 'failed', problem: problem('wrong_code', 'Wrong') }]);
    expect(state).toMatchObject({ screen: { at: 'challenge' }, busy: false, problem: { code: 'wrong_code' } });
  });

  test('begins again where its challenge is over, and says why', () => {
    const over: Action = { type: 'failed', problem: problem('challenge_expired', 'Over') };
    for (const way of [[asked(mfa)], [asked(enrol), { type: 'enrolling', enrolment } as Action]]) {
      expect(played([...way, over])).toMatchObject({ screen: { at: 'identify' }, problem: { code: 'challenge_expired' } });
    }
  });

  test('goes on where the dialog of a passkey was closed', () => {
    expect(played([asked(mfa), { type: 'began' }, { type: 'stopped' }])).toMatchObject({
      screen: { at: 'challenge' },
      busy: false,
    });
  });

  test('can begin again', () => {
    expect(played([asked(mfa), { type: 'restarted' }])).toEqual(start);
  });

  test('ends for who is no admin', () => {
    expect(played([signedIn(), { type: 'strange' }])).toMatchObject({ screen: { at: 'stranger' } });
  });
});

describe('an enrolment', () => {
  test('shows the secret of what was begun', () => {
    expect(played([asked(enrol), { type: 'enrolling', enrolment }])).toMatchObject({ screen: { at: 'enrol', enrolment } });
  });

  test('goes back to the choice first, then to the beginning', () => {
    const back: Action = { type: 'restarted' };
    const chosen = [asked(enrol), { type: 'enrolling', enrolment } as Action, back];
    expect(played(chosen)).toMatchObject({ screen: { at: 'enrol', enrolment: null } });
    expect(played([...chosen, back])).toEqual(start);
  });

  test('shows recovery codes until they are saved', () => {
    const shown = [asked(enrol), { type: 'enrolling', enrolment } as Action, signedIn(['a', 'b'])];
    expect(played(shown)).toMatchObject({ screen: { at: 'codes', codes: ['a', 'b'] } });
    expect(played([...shown, { type: 'saved' }])).toMatchObject({ screen: { at: 'done' } });
  });

  test('that is answered late changes nothing elsewhere', () => {
    expect(played([{ type: 'enrolling', enrolment }])).toEqual(start);
    expect(played([{ type: 'chose', factor: 'totp' }])).toEqual(start);
  });
});

test('factors that cannot answer here are not offered', () => {
  expect(offered(mfa, true)).toEqual(['passkey', 'totp', 'recovery_code']);
  expect(offered(mfa, false)).toEqual(['totp', 'recovery_code']);
  expect(offered({ ...mfa, factors: ['passkey'] }, false)).toEqual([]);
});

test('a problem leads to the field that it is about', () => {
  const field = { field: 'identifier', code: 'required', message: 'Is required.' };
  expect(fieldOf(problem('invalid_input', '', { fields: [field] }))).toBe('identifier');
  expect(fieldOf(problem('invalid_credentials', ''))).toBe('password');
  expect(fieldOf(problem('wrong_code', ''))).toBe('code');
  expect(fieldOf(problem('rate_limited', ''))).toBeNull();
  expect(fieldOf(null)).toBeNull();
});

test('nothing is wrong where the user closes the dialog of a passkey', () => {
  const named = (name: string) => Object.assign(new Error(name), { name });
  expect(ceremonyProblem(named('NotAllowedError'))).toBeNull();
  expect(ceremonyProblem(named('AbortError'))).toBeNull();
  expect(ceremonyProblem(named('InvalidStateError'))?.code).toBe('passkey_taken');
  expect(ceremonyProblem(named('SecurityError'))?.code).toBe('passkey_failed');
});
