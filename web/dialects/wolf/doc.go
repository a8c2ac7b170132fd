// Package wolf speaks the API of WolfPal (github.com/MrDemonWolf/wolfpal), as far as it concerns accounts: the five endpoints
// of its published document "Auth", field for field, and those of its server that finish what they begin. Bodies are forms or
// JSON; who is signed in sends a bearer token; there are no cookies. What the published document and the server say
// differently is served as the document has it: tokens of 30 minutes and 24 hours, notices under error with a code that is a text.
//
// It owns names, shapes and an error table. What is asked of whom is the tenant's policy and the flows'.
//
// # Where it differs
//
// Who is there. The original told by NON_EXISTENT that nobody has an address, at the login and where a password was
// forgotten. Here the login says INVALID_CREDENTIALS either way, and forgot-password answers alike for everybody: addresses
// are nobody's business. Where signup.verify_email is before_session, register and activate-account/resend tell nothing of
// addresses either; else they say ALREADY_EXISTS and NON_EXISTENT_OR_ALREADY_ACTIVATED, as the original did.
//
// When an account exists. The original made it at once and let it log in before it was activated. So it is here where
// signup.verify_email is after_session; with before_session the mailed token makes it, and with off nothing is mailed,
// although the answer is the same, the only one that the wire has. As long as the account is not activated, everything below
// /api/account and /api/sessions but the account itself answers PENDING_CONFIRMATION: the original said so on the pages of
// its application, which are not served here.
//
// Passwords. Beside the original's 8 to 56 characters the tenant's policy holds, which is 15 characters unless it says
// otherwise, and no address or name: so the published example, whose password is the address, is refused. What is weak is
// INVALID, for the original has no code for it.
//
// Errors by field. The original put those of a login without a password, and of a second factor without a code, under another
// field in errors. Here codes and errors name the same.
//
// Tokens. The original signed with one secret for all (HS256) and let two tokens of one second be equal. Here they are signed
// by the tenant's key, and carry iss, aud, jti and more beside sub, iat and exp; iss is the tenant's issuer. sub is an alias
// of 24 digits that the user keeps. A refresh token is good once, as there; but within ten seconds it gives new tokens of the
// same successor again, so that two tabs do not log each other out, and after that it ends the login, for that is how theft
// looks.
//
// A missing or empty Authorization, or refresh_token, was an internal error of the original. Here it is 401, and 400 with REQUIRED.
//
// The second factor. The token of a login that waits was good any number of times, with any number of wrong codes. Here it
// is good once, for 15 minutes and codes.tries tries. Codes of the app are good once. Whoever must enrol a factor first, or
// has only passkeys, cannot log in by this wire, which has no words for either: 403 with code 403.
//
// Initializing. The original replaced the secret in use by the one that was begun, and thus switched the factor off. Here
// it is 409 with code 409 while the factor is on. It needs a login, and backup codes a second factor, within the last ten
// minutes (sessions.step_up_age); else the answer is 401 with code 401, that is, log in again. Disabling takes a backup code
// too, and is refused with code 409 where the tenant requires the factor.
//
// Backup codes are shown again as in the original, and kept sealed for it. Each time leaves an event.
//
// Changing the password failed in the original after it had changed it. PASSWORD_CONFLICT is told to who knows the old
// password alone, and carries error beside errors.
//
// Sessions. The original ended anybody's session for anybody who knew its id. Here the ids are names of one's own sessions.
// Their location is the address that they signed in from; version and platform are not known, and isDev is false.
//
// The account has no stored streamerMode, isBanned or notifications: the former are false, and so is all that the latter hold.
//
// Paths. The original's router took them in any case; here they are as documented, with a slash at the end or without.
// A method that a path does not have was an unknown path, 404; here it is 405, with code 405.
//
// Not served: change-email and change-username, which would need rules of their own for addresses that wait; the native API
// has both. Nor the application's own data.
//
// The activation link does not show that its reader chose the password. So the first reset of an account, or the first sign-in by
// a code that another API mails, removes passkeys, further addresses and phone numbers, once; an authenticator app stays.
//
// Added: captcha may be sent with register and login, where the tenant asks for one (abuse.turnstile). Limits answer 429 with
// code 429 and Retry-After everywhere, not only where a password was forgotten. Errors that the original had not have their
// status as code.
package wolf
