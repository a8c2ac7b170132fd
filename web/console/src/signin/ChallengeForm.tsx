import type { FormEvent } from 'react';
import type { Challenge, Factor } from '../api/native';
import type { Problem } from '../api/problem';
import { Button, Choice } from '../ui/Button';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { offered } from './machine';
import type { SignIn } from './useSignIn';

interface Props {
  title: string;
  challenge: Challenge;
  factor: Factor;
  digits: number;
  passkeys: boolean;
  busy: boolean;
  problem: Problem | null;
  wait: number;
  does: SignIn;
  onBack: () => void;
}

const asks: Record<Factor, string> = {
  totp: 'Enter the code that your authenticator app shows.',
  recovery_code: 'Enter one of the recovery codes that you saved. Each works once.',
  email_code: 'If there is an admin of this address, a code is on its way to it.',
  password: 'Enter your password again.',
  passkey: 'Your browser asks for the passkey of this service.',
};

const names: Record<Factor, string> = {
  totp: 'Use the authenticator app',
  recovery_code: 'Use a recovery code',
  email_code: 'Use a mailed code',
  password: 'Use your password',
  passkey: 'Use a passkey',
};

/** What a challenge asks for, one factor at a time. */
export function ChallengeForm({ title, challenge, factor, digits, passkeys, busy, problem, wait, does, onBack }: Props) {
  const ways = offered(challenge, passkeys);
  const waiting = busy || wait > 0;
  const field = factor === 'password' ? 'password' : 'code';
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    if (factor === 'passkey') return does.answerByPasskey();
    does.answer({ factor, [field]: String(new FormData(e.currentTarget).get(field)) });
  };
  return (
    <form className="stack" onSubmit={submit} key={factor}>
      <div className="stack tight">
        <h1>{title}</h1>
        <p className="quiet">{ways.length === 0 ? 'This needs a passkey, and there are none for this address.' : asks[factor]}</p>
      </div>
      <Notice problem={problem} fields={factor === 'passkey' ? [] : [field]} wait={wait} />
      {factor !== 'passkey' && (
        <Input factor={factor} digits={factor === 'totp' ? 6 : digits} key={challenge.id + factor} problem={problem} />
      )}
      {ways.length > 0 && (
        <Button main submit busy={busy} disabled={waiting}>
          {factor === 'passkey' ? 'Use a passkey' : 'Continue'}
        </Button>
      )}
      <div className="links">
        {ways
          .filter((f) => f !== factor)
          .map((f) => (
            <Choice key={f} disabled={busy} onClick={() => does.choose(f)}>
              {names[f]}
            </Choice>
          ))}
        {factor === 'email_code' && (
          <Choice disabled={waiting} onClick={does.resend}>
            Mail a new code
          </Choice>
        )}
        <Choice disabled={busy} onClick={onBack}>
          Cancel
        </Choice>
      </div>
    </form>
  );
}

function Input({ factor, digits, problem }: { factor: Factor; digits: number; problem: Problem | null }) {
  if (factor === 'password') {
    return <Field name="password" label="Password" type="password" autoComplete="current-password" autoFocus problem={problem} />;
  }
  if (factor === 'recovery_code') {
    return <Field name="code" label="Recovery code" className="code" autoComplete="off" autoFocus problem={problem} />;
  }
  return (
    <Field
      name="code"
      label="Code"
      className="code"
      autoComplete="one-time-code"
      inputMode="numeric"
      placeholder={'0'.repeat(digits)}
      autoFocus
      problem={problem}
    />
  );
}
