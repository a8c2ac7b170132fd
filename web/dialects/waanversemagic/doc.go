// Package waanversemagic imitates dj_waanverse_auth 2.0.2, the version that signs people up and in by mailed codes and by
// passkeys. Its document names eleven endpoints; all of them are here, under the names of that document.
//
// What differs from the original, and why:
//
//   - Sign-up needs the tenant's magic.enabled and magic.signup: without passwords the mailbox is all that an account hangs on,
//     and a tenant says so itself. Without them the answer is the original's for a closed sign-up, 403.
//   - The original makes an inactive user when the code is asked for. Here nothing exists before the code is answered.
//   - An address that has an account is told so at the sign-up, as by the original, unless the tenant's signup.verify_email is
//     before_session: then the answer is the usual one and the owner of the address hears of it by mail.
//   - An account whose address was never proven, such as one of another API, counts as taken at the sign-up. Signing in by
//     code proves the address and hands the account over without what was attached to it before.
//   - A code for the sign-in was good for five minutes in the code and for ten in the document: it is ten. It may begin with a
//     zero, and dies with its fifth wrong answer. A new one can be asked for every 30 seconds instead of every second.
//   - The original told unknown accounts from wrong codes in the second step of a sign-in. All refusals of a code read alike.
//   - A blank or null code is no code: the request asks for one.
//   - A user who has a second factor, also a passkey, cannot sign in by code alone where the tenant asks for second factors
//     (mfa.policy). The wire cannot ask for one, so the right code is refused too; a passkey signs in by itself.
//   - Where the tenant requires two factors, a sign-up makes the user and opens no session, for the wire cannot enrol the other.
//   - Options of passkeys are those of WebAuthn with discoverable passkeys required, on any kind of authenticator, for five
//     minutes: the original preferred those built into the device and allowed one minute to register and two to sign in.
//     User verification follows passkeys.user_verification, which is "required"; the original asked for "preferred" and then
//     refused whatever had not verified. The user's id in them is random and not the account's.
//   - Registering a passkey needs a proof of the last ten minutes (sessions.step_up_age); later the answer is 403 with detail,
//     and the user signs in again. Its challenge is good in the session that asked for it, once, for ten minutes.
//   - Passkeys that the tenant has switched off are 403; the original met a missing configuration with 500.
//   - verify-challenge does without challengeId, as in the document. The code of the original wanted it.
//   - Counters of passkeys that go back are refused, and a challenge answers once. A challengeId that is no UUID is 400.
//   - logout takes the token in the body as proof enough, as in the document, then the header, then the cookie; an expired one
//     too. A body token that is none is 401.
//   - sid is a text that nobody can guess, where the original had numbers and let anybody end any session. It ends the session
//     and does nothing else. A session can be deleted by its owner, or without a login by whoever sends the sid in path and body.
//   - refresh takes the body before the cookie, and no token of a session that has ended. Access and refresh tokens do not
//     stand for each other.
//   - Tokens are signed with the tenant's own key and algorithm. Beside id, token_type and sid they say iss (the tenant's
//     issuer), aud, client_id, jti and tgs; id is a text such as usr_….
//   - Cookies are Secure where clients speak https. On a host that tenants share they hold below the mount point only.
//   - A browser's request from another site that would change something by the cookies is refused, 403, unless the tenant trusts
//     that site (cors.origins).
//   - 401 says "identity_error" for all that ends a session, also a deleted user; the original had "user_not_found" too.
//   - Beside the notices that the tenant's users get anyway, no mail is sent at a sign-in.
//   - The wire has no captcha: a tenant that requires one (abuse.turnstile.mode) takes no sign-ups by it.
//   - Paths answer with and without the slash at the end; the original redirected, and lost the body. Unknown paths are 404 in
//     JSON. Times carry microseconds always.
package waanversemagic
