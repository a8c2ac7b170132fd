import { useEffect, useRef, useState } from 'react';
import { type Config, native, type Step } from '../api/native';
import { type Problem, problemOf } from '../api/problem';
import { ChallengeForm } from '../signin/ChallengeForm';
import { reducer, type State, start } from '../signin/machine';
import { passkeysHere } from '../signin/passkeys';
import { useFocus } from '../signin/useFocus';
import { useSignIn } from '../signin/useSignIn';
import { Button } from '../ui/Button';
import { Notice } from '../ui/Notice';
import { useWait } from '../ui/useWait';
import { answerBy } from './asker';

interface Request {
  acr?: string;
  settle: (given: boolean) => void;
}

/** The dialog that asks for a fresh proof, where something needs one. */
export function StepUp() {
  const [request, setRequest] = useState<Request | null>(null);
  useEffect(() => {
    answerBy((acr) => new Promise((settle) => setRequest({ acr, settle })));
    return () => answerBy(async () => false);
  }, []);
  if (!request) return null;
  const settle = (given: boolean) => {
    setRequest(null);
    request.settle(given);
  };
  return <ProofDialog acr={request.acr} settle={settle} />;
}

function ProofDialog({ acr, settle }: { acr?: string; settle: (given: boolean) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [begun, setBegun] = useState<{ config: Config; step: Step } | Problem | null>(null);
  useEffect(() => {
    dialog.current?.showModal();
    Promise.all([native.config(), native.stepUp(acr)]).then(
      ([config, step]) => setBegun({ config, step }),
      (thrown) => setBegun(problemOf(thrown)),
    );
  }, [acr]);
  const cancel = () => settle(false);
  return (
    <dialog ref={dialog} className="card" aria-label="Give a fresh proof" onCancel={cancel}>
      {begun === null && <Button busy>One moment</Button>}
      {begun && 'config' in begun && <Proof config={begun.config} step={begun.step} settle={settle} />}
      {begun && 'code' in begun && (
        <div className="stack">
          <Notice problem={begun} fields={[]} wait={0} />
          <Button onClick={cancel}>Close</Button>
        </div>
      )}
    </dialog>
  );
}

function Proof({ config, step, settle }: { config: Config; step: Step; settle: (given: boolean) => void }) {
  const passkeys = passkeysHere(config);
  const [state, does] = useSignIn(passkeys, first(step, passkeys));
  const wait = useWait(state.problem);
  const form = useRef<HTMLDivElement>(null);
  useFocus(form, state.problem);
  const { screen } = state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the proof is given
  useEffect(() => {
    if (screen.at === 'done') settle(true);
  }, [screen.at]);
  if (screen.at !== 'challenge') {
    return (
      <div className="stack">
        <Notice problem={state.problem} fields={[]} wait={wait} />
        <Button onClick={() => settle(false)}>Close</Button>
      </div>
    );
  }
  return (
    <div ref={form}>
      <ChallengeForm
        title="Is it still you?"
        challenge={screen.challenge}
        factor={screen.factor}
        digits={config.codes.digits}
        passkeys={passkeys}
        busy={state.busy}
        problem={state.problem}
        wait={wait}
        does={does}
        onBack={() => settle(false)}
      />
    </div>
  );
}

function first(step: Step, passkeys: boolean): State {
  return reducer(passkeys)(start, { type: 'answered', step });
}
