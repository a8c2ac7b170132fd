import { useEffect, useRef, useState } from 'react';
import { type Config, native } from '../api/native';
import { Failure, type Problem, problem, problemOf } from '../api/problem';
import { type Who, whoAmI } from '../api/viewer';
import { Brand } from '../ui/Brand';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { useWait } from '../ui/useWait';
import { ChallengeForm } from './ChallengeForm';
import { Enrol } from './Enrol';
import { Identify } from './Identify';
import { start } from './machine';
import { passkeysHere } from './passkeys';
import { RecoveryCodes } from './RecoveryCodes';
import { useFocus } from './useFocus';
import { useSignIn } from './useSignIn';

/** The page that asks an admin to sign in. Who is signed in already is led on at once. */
export function SignInPage({ onDone }: { onDone: () => void }) {
  const [begun, setBegun] = useState<{ config: Config; who: Who } | Problem | null>(null);
  const [round, setRound] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new round asks again
  useEffect(() => {
    Promise.all([native.config(), whoAmI()]).then(
      ([config, who]) => (who.is === 'admin' ? onDone() : setBegun({ config, who })),
      (thrown) => setBegun(problemOf(thrown)),
    );
  }, [round, onDone]);
  return (
    <main className="stage">
      <Brand />
      <section className="card" aria-busy={begun === null}>
        {begun === null && <Button busy>One moment</Button>}
        {begun && 'config' in begun && <Steps config={begun.config} who={begun.who} onDone={onDone} />}
        {begun && 'code' in begun && (
          <div className="stack">
            <Notice problem={begun} fields={[]} wait={0} />
            <Button main onClick={() => setRound(round + 1)}>
              Try again
            </Button>
          </div>
        )}
      </section>
    </main>
  );
}

function Steps({ config, who, onDone }: { config: Config; who: Who; onDone: () => void }) {
  const passkeys = passkeysHere(config);
  const initial = who.is === 'stranger' ? { ...start, screen: { at: 'stranger' as const } } : start;
  const [state, does] = useSignIn(passkeys, initial);
  const wait = useWait(state.problem);
  const card = useRef<HTMLDivElement>(null);
  const { screen, problem: wrong } = state;

  useFocus(card, wrong);

  // A session is no admin's until the admin API says so.
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each sign-in
  useEffect(() => {
    if (screen.at !== 'done') return;
    whoAmI().then((now) => {
      if (now.is === 'admin') return onDone();
      if (now.is === 'stranger') return does.stranger();
      does.failed(new Failure(problem('no_cookie', 'Your browser did not keep the session. Allow cookies for this address.')));
    }, does.failed);
  }, [screen.at]);

  const shared = { passkeys, busy: state.busy, problem: wrong, wait, does };
  return (
    <div ref={card}>
      {screen.at === 'identify' && <Identify {...shared} config={config} />}
      {screen.at === 'challenge' && (
        <ChallengeForm
          {...shared}
          title={screen.challenge.kind === 'email_code' ? 'Look into your mailbox' : 'One more proof'}
          challenge={screen.challenge}
          factor={screen.factor}
          digits={config.codes.digits}
          onBack={does.restart}
        />
      )}
      {screen.at === 'enrol' && <Enrol {...shared} challenge={screen.challenge} enrolment={screen.enrolment} />}
      {screen.at === 'codes' && <RecoveryCodes codes={screen.codes} onSaved={does.saved} />}
      {screen.at === 'done' &&
        (wrong ? <Notice problem={wrong} fields={[]} wait={wait} /> : <Button busy>Opening the console</Button>)}
      {screen.at === 'stranger' && <Stranger />}
    </div>
  );
}

/** What somebody sees who has signed in and is no admin. */
function Stranger() {
  const [busy, setBusy] = useState(false);
  const leave = () => {
    setBusy(true);
    native.signOut().finally(() => window.location.reload());
  };
  return (
    <div className="stack">
      <div className="stack tight">
        <h1>You are not an admin</h1>
        <p className="quiet">
          You are signed in, and no role is yours any more, or not yet. Ask an owner for one, or use another account.
        </p>
      </div>
      <Button main busy={busy} onClick={leave}>
        Sign out
      </Button>
    </div>
  );
}
