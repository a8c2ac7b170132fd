import { type FormEvent, useEffect, useRef } from 'react';
import { type Config, native } from '../api/native';
import type { Problem } from '../api/problem';
import { sessionEnded } from '../routes';
import { Button, Choice } from '../ui/Button';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import { assertion, cancelCeremony, suggestsPasskeys } from './passkeys';
import type { SignIn } from './useSignIn';

interface Props {
  config: Config;
  passkeys: boolean;
  busy: boolean;
  problem: Problem | null;
  wait: number;
  does: SignIn;
}

/** The form that a sign-in begins with. */
export function Identify({ config, passkeys, busy, problem, wait, does }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const withPassword = config.methods.includes('password');
  useSuggestions(passkeys, does);

  const identifier = () => {
    const input = form.current?.elements.namedItem('identifier') as HTMLInputElement;
    return input.reportValidity() ? input.value : '';
  };
  const mailCode = () => {
    const who = identifier();
    if (who) does.mailCode(who);
  };
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    cancelCeremony();
    const data = new FormData(e.currentTarget);
    if (withPassword) does.password(String(data.get('identifier')), String(data.get('password')));
    else mailCode();
  };
  const waiting = busy || wait > 0;
  return (
    <form ref={form} className="stack" onSubmit={submit}>
      <div className="stack tight">
        <h1>Sign in</h1>
        {sessionEnded(window.location.search) ? (
          <p role="status">Your session has ended. Sign in again: what you have typed is kept.</p>
        ) : (
          <p className="quiet">For the admins of this service.</p>
        )}
      </div>
      <Notice problem={problem} fields={withPassword ? ['identifier', 'password'] : ['identifier']} wait={wait} />
      <div className="stack tight">
        <Field
          name="identifier"
          label="E-mail address"
          autoComplete={passkeys ? 'username webauthn' : 'username'}
          inputMode="email"
          autoFocus
          problem={problem}
        />
        {withPassword && (
          <Field name="password" label="Password" type="password" autoComplete="current-password" problem={problem} />
        )}
      </div>
      <Button main submit busy={busy} disabled={waiting}>
        {withPassword ? 'Sign in' : 'Mail me a code'}
      </Button>
      {passkeys && (
        <>
          <div className="or">or</div>
          <Button disabled={waiting} onClick={does.passkey}>
            Sign in with a passkey
          </Button>
        </>
      )}
      {withPassword && config.methods.includes('email_code') && (
        <div className="links">
          <Choice disabled={waiting} onClick={mailCode}>
            Mail me a code instead
          </Choice>
        </div>
      )}
    </form>
  );
}

/** Lets the browser suggest passkeys in the first field, where it can. */
function useSuggestions(passkeys: boolean, does: SignIn) {
  const latest = useRef(does);
  latest.current = does;
  useEffect(() => {
    if (!passkeys) return;
    let gone = false;
    const suggest = async () => {
      if (!(await suggestsPasskeys())) return;
      const step = await native.beginPasskey();
      if (gone || step.status !== 'challenge') return;
      const credential = await assertion(step.challenge, true);
      latest.current.suggested(await native.answer(step.challenge.id, { factor: 'passkey', credential }));
    };
    suggest().catch((thrown) => {
      if (!gone) latest.current.failed(thrown);
    });
    return () => {
      gone = true;
      cancelCeremony();
    };
  }, [passkeys]);
}
