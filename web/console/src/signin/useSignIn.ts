import { useMemo, useReducer } from 'react';
import { type Answer, type Enrolment, type Factor, native, type Step } from '../api/native';
import { problemOf } from '../api/problem';
import { reducer, type State, start } from './machine';
import { assertion, attestation, Stopped } from './passkeys';

/** What a person can do on the sign-in page. */
export interface SignIn {
  password: (identifier: string, password: string) => void;
  mailCode: (identifier: string) => void;
  passkey: () => void;
  suggested: (step: Step) => void;
  answer: (answer: Answer) => void;
  answerByPasskey: () => void;
  resend: () => void;
  enrol: (factor: Factor) => void;
  enrolPasskey: (enrolment: Enrolment) => void;
  choose: (factor: Factor) => void;
  restart: () => void;
  saved: () => void;
  stranger: () => void;
  failed: (thrown: unknown) => void;
}

/** Carries out what is done on the page, one thing at a time, and keeps what it shows. */
export function useSignIn(passkeys: boolean, initial: State = start): [State, SignIn] {
  const [state, dispatch] = useReducer(reducer(passkeys), initial);
  const does = useMemo<SignIn>(() => {
    const failed = (thrown: unknown) => {
      dispatch(thrown instanceof Stopped ? { type: 'stopped' } : { type: 'failed', problem: problemOf(thrown) });
    };
    const ask = (question: () => Promise<Step>) => {
      dispatch({ type: 'began' });
      question().then((step) => dispatch({ type: 'answered', step }), failed);
    };
    const { screen } = state;
    const challenge = screen.at === 'challenge' || screen.at === 'enrol' ? screen.challenge : null;
    return {
      password: (identifier, password) => ask(() => native.login(identifier, password)),
      mailCode: (identifier) => ask(() => native.mailCode(identifier)),
      passkey: () =>
        ask(async () => {
          const step = await native.beginPasskey();
          if (step.status !== 'challenge') return step;
          return native.answer(step.challenge.id, { factor: 'passkey', credential: await assertion(step.challenge) });
        }),
      suggested: (step) => dispatch({ type: 'answered', step }),
      answer: (answer) => challenge && ask(() => native.answer(challenge.id, answer)),
      answerByPasskey: () =>
        challenge && ask(async () => native.answer(challenge.id, { factor: 'passkey', credential: await assertion(challenge) })),
      resend: () => challenge && ask(() => native.resend(challenge.id)),
      enrol: (factor) => {
        if (!challenge) return;
        dispatch({ type: 'began' });
        native.enrol(challenge.id, factor).then((enrolment) => dispatch({ type: 'enrolling', enrolment }), failed);
      },
      enrolPasskey: (enrolment) =>
        challenge &&
        ask(async () => native.answer(challenge.id, { factor: 'passkey', credential: await attestation(enrolment) })),
      choose: (factor) => dispatch({ type: 'chose', factor }),
      restart: () => dispatch({ type: 'restarted' }),
      saved: () => dispatch({ type: 'saved' }),
      stranger: () => dispatch({ type: 'strange' }),
      failed,
    };
  }, [state]);
  return [state, does];
}
