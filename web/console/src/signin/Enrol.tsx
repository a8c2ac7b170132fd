import type { FormEvent } from 'react';
import type { Challenge, Enrolment } from '../api/native';
import type { Problem } from '../api/problem';
import { Button, Choice } from '../ui/Button';
import { Field } from '../ui/Field';
import { Notice } from '../ui/Notice';
import type { SignIn } from './useSignIn';

interface Props {
  challenge: Challenge;
  enrolment: Enrolment | null;
  passkeys: boolean;
  busy: boolean;
  problem: Problem | null;
  wait: number;
  does: SignIn;
}

/** The second factor that a sign-in needs: chosen first, then set up. */
export function Enrol(props: Props) {
  if (props.enrolment?.factor === 'totp') return <App {...props} enrolment={props.enrolment} />;
  if (props.enrolment?.factor === 'passkey') return <Passkey {...props} enrolment={props.enrolment} />;
  return <Choose {...props} />;
}

function Choose({ challenge, passkeys, busy, problem, wait, does }: Props) {
  const waiting = busy || wait > 0;
  return (
    <div className="stack">
      <div className="stack tight">
        <h1>Add a second factor</h1>
        <p className="quiet">Admins sign in with two factors. Choose your second one; you can add others later.</p>
      </div>
      <Notice problem={problem} fields={[]} wait={wait} />
      {challenge.factors.includes('totp') && (
        <Button main disabled={waiting} onClick={() => does.enrol('totp')}>
          Set up an authenticator app
        </Button>
      )}
      {passkeys && challenge.factors.includes('passkey') && (
        <Button disabled={waiting} onClick={() => does.enrol('passkey')}>
          Make a passkey
        </Button>
      )}
      <div className="links">
        <Choice onClick={does.restart}>Cancel</Choice>
      </div>
    </div>
  );
}

function App({ enrolment, busy, problem, wait, does }: Props & { enrolment: Enrolment }) {
  const submit = (e: FormEvent<HTMLFormElement>) => {
    e.preventDefault();
    does.answer({ factor: 'totp', code: String(new FormData(e.currentTarget).get('code')) });
  };
  return (
    <form className="stack" onSubmit={submit}>
      <div className="stack tight">
        <h1>Set up your app</h1>
        <p className="quiet">Scan this with an authenticator app, or type the key into it.</p>
      </div>
      {enrolment.qr_png && (
        <img
          className="qr"
          src={`data:image/png;base64,${enrolment.qr_png}`}
          alt="The key as a QR code"
          width={176}
          height={176}
        />
      )}
      <p className="secret" data-secret={enrolment.secret}>
        {enrolment.secret?.match(/.{1,4}/g)?.join(' ')}
      </p>
      <Notice problem={problem} fields={['code']} wait={wait} />
      <Field
        name="code"
        label="The code that the app shows"
        className="code"
        autoComplete="one-time-code"
        inputMode="numeric"
        placeholder="000000"
        autoFocus
        problem={problem}
      />
      <Button main submit busy={busy} disabled={busy || wait > 0}>
        Continue
      </Button>
      <div className="links">
        <Choice disabled={busy} onClick={does.restart}>
          Back
        </Choice>
      </div>
    </form>
  );
}

function Passkey({ enrolment, busy, problem, wait, does }: Props & { enrolment: Enrolment }) {
  return (
    <div className="stack">
      <div className="stack tight">
        <h1>Make a passkey</h1>
        <p className="quiet">Your browser keeps it on this device, in a password manager or on a security key.</p>
      </div>
      <Notice problem={problem} fields={[]} wait={wait} />
      <Button main busy={busy} disabled={busy || wait > 0} onClick={() => does.enrolPasskey(enrolment)}>
        Make a passkey
      </Button>
      <div className="links">
        <Choice disabled={busy} onClick={does.restart}>
          Back
        </Choice>
      </div>
    </div>
  );
}
