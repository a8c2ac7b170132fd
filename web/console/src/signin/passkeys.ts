// Passkeys of the browser, as far as they can be used on this page.
import {
  browserSupportsWebAuthn,
  browserSupportsWebAuthnAutofill,
  startAuthentication,
  startRegistration,
  WebAuthnAbortService,
} from '@simplewebauthn/browser';
import type { Challenge, Config, Enrolment } from '../api/native';
import { Failure, problem } from '../api/problem';
import { ceremonyProblem } from './machine';

/** The user has closed the browser's dialog. */
export class Stopped extends Error {}

/** Whether passkeys can work at this address: they are bound to a host, and a page elsewhere must not even ask. */
export function passkeysHere(config: Config): boolean {
  const id = config.passkeys.rp_id;
  const host = window.location.hostname;
  return id !== undefined && (host === id || host.endsWith(`.${id}`)) && window.isSecureContext && browserSupportsWebAuthn();
}

export function suggestsPasskeys(): Promise<boolean> {
  return browserSupportsWebAuthnAutofill();
}

/** Asks for a passkey that answers a challenge. Throws Failure or Stopped. */
export function assertion(challenge: Challenge, suggest = false) {
  const { public_key: options } = challenge;
  if (!options) throw new Failure(problem('passkey_failed', 'A passkey cannot answer this.'));
  return ceremony(() => startAuthentication({ optionsJSON: options, useBrowserAutofill: suggest }));
}

/** Makes a passkey. Throws Failure or Stopped. */
export function attestation(enrolment: Enrolment) {
  const { public_key: options } = enrolment;
  if (!options) throw new Failure(problem('passkey_failed', 'A passkey cannot be made here.'));
  return ceremony(() => startRegistration({ optionsJSON: options }));
}

async function ceremony<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (thrown) {
    const wrong = ceremonyProblem(thrown);
    throw wrong ? new Failure(wrong) : new Stopped();
  }
}

/** Ends a dialog that is open, or suggestions that wait. */
export function cancelCeremony(): void {
  WebAuthnAbortService.cancelCeremony();
}
