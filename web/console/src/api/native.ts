// The native API of the tenant whose users the admins are. Its session travels in a cookie that scripts cannot read.
import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { send } from './http';

const base = '/t/tenantgate/v1';

export type Factor = 'password' | 'totp' | 'recovery_code' | 'passkey' | 'email_code';

export interface Challenge {
  id: string;
  kind: 'email_code' | 'mfa' | 'passkey' | 'enrol' | 'reset';
  factors: Factor[];
  expires_at: string;
  public_key?: PublicKeyCredentialRequestOptionsJSON;
}

/** What every proof is answered with. */
export type Step = { status: 'challenge'; challenge: Challenge } | { status: 'signed_in'; recovery_codes?: string[] };

export interface Answer {
  factor: Factor;
  code?: string;
  password?: string;
  credential?: AuthenticationResponseJSON | RegistrationResponseJSON;
  name?: string;
}

export interface Enrolment {
  challenge_id: string;
  factor: Factor;
  secret?: string;
  otpauth_uri?: string;
  qr_png?: string;
  public_key?: PublicKeyCredentialCreationOptionsJSON;
}

/** What the sign-in page draws its form by. */
export interface Config {
  methods: Factor[];
  passkeys: { rp_id?: string };
  codes: { digits: number };
}

export const native = {
  config: () => send<Config>('GET', `${base}/config`),
  login: (identifier: string, password: string) => send<Step>('POST', `${base}/login`, { identifier, password }),
  mailCode: (identifier: string) => send<Step>('POST', `${base}/login/code`, { identifier }),
  beginPasskey: () => send<Step>('POST', `${base}/login/passkey`, {}),
  answer: (challenge: string, answer: Answer) => send<Step>('POST', `${base}/challenges/${challenge}`, answer),
  resend: (challenge: string) => send<Step>('POST', `${base}/challenges/${challenge}/resend`),
  enrol: (challenge: string, factor: Factor) => send<Enrolment>('POST', `${base}/challenges/${challenge}/enrol`, { factor }),
  stepUp: (acr?: string) => send<Step>('POST', `${base}/step-up`, acr ? { acr } : {}),
  signOut: () => send<void>('POST', `${base}/logout`),
};
