// Package axor speaks the API of django-axor-auth: the endpoints that its documentation lists, and those of its source that
// the flows need besides. They stand below /api, the original's default for URI_PREFIX.
//
// It has two modes. A request without the header X-Requested-By, or with the value web, is in session mode and signs in by the
// cookie axor_auth; any other value is app-token mode, and the key of the session is sent as a bearer token. Each mode is a client
// of its own, axor and axor-app, and neither takes the other's tokens. Bodies are JSON, URL-encoded or multipart; what the query
// holds does not count. Paths answer with and without the slash at the end.
//
// Where it differs from the original:
//
//   - change_email is not served: here an address is proven before it replaces another, which that wire cannot say. The native
//     API has it. The pages below /auth/ are not the dialect's.
//   - Cookie values and keys were HS256 tokens without an end. They are signed with the tenant's own key and end with their session,
//     after dialects.axor.access (90 days) at most, or sooner when it was not in use for sessions.idle. The claims session_key and
//     app_token name the session and are worth nothing by themselves.
//   - Sessions were to be renewed once half of their time is over, which the original's code never did. It is not done here
//     either: a session has one end, and no token may outlive it.
//   - Sessions were bound to the address and the user agent. Both are recorded and shown, and bind nothing: a phone changes its address.
//   - The default SameSite of the cookie made every login fail. Here the cookie is Lax.
//   - A login that needs no code ignores one. The code may be a number or a text, as it could be. Whether a code is of the app
//     or a backup code its shape tells, and both may be one step late or early; the original took the current step alone, and the
//     same code again and again. Backup codes share the account's budget of wrong answers with everything else that can be guessed;
//     the original locked them for half an hour after three.
//   - The detail of TOTPRequired says "token", as documented; the code of the original says "code". Both TOTP errors have no
//     instance, as documented; all others have the path of the request, without scheme and host.
//   - The member of a login in app-token mode is session{id,key}, as documented; the newest code of the original calls it
//     app_token{id,token}.
//   - A second factor that the wire has no words for, such as a passkey or one that the user must set up first, is
//     LoginSerializerErrors after the right password. Registrations where everybody needs a second factor are
//     refused, but within mfa.enrol_grace.
//   - email takes whatever identifier a user has. login and register take captcha, for tenants that ask for one.
//   - Of an account that is disabled the original said so, also to whoever had the wrong password. It reads like a wrong password.
//   - Passwords are not trimmed. The original asked for eight characters of four kinds; the tenant's policy rules, by default 15
//     characters of any kind, so a shorter password of an old test does not pass. Its messages stand where the original's stood.
//   - A name has at most 150 characters, an address too. first_name and last_name are members of the user's profile; the name that
//     other APIs see is both, cut at 200 characters. Where the name was given elsewhere, it is cut at its last blank.
//   - timezone is always UTC. ids are UUIDs, of users and sessions alike.
//   - register signs in at once and mails a link where signup.verify_email is after_session. Where it is before_session, the default,
//     nobody exists before the address is proven: the answer is InvalidRegistrationInfo, a link is mailed, verify_email makes the
//     user, and login signs in. A taken address then gets the same answer, and no link. A mail is needed, so that without a
//     mail server the answer is 503.
//   - verify_email answers a token that was used with InvalidToken: it cannot be told from any other. The original answered an unknown
//     token with 500.
//   - Links are good for the same time as the original's, once; a magic link is good for codes.tries answers without the right code.
//     They lead to dialects.axor.site, which stands for FRONTEND_URL; without it a mail carries the token alone. In which mode a mail
//     was asked for and in which its token is sent does not matter.
//   - A link proves the mailbox. Where the address was never proven before, whoever had made the account may be somebody else:
//     what it had, password and app and sessions, ends with a magic link or a reset. Where it was proven by a link that was opened in
//     another browser than the one that registered, the first of these ends what lets somebody in beside the app, once.
//   - forgot_password/request counts its half hour for addresses that nobody has too. magic_link/request has no such limit, as in
//     the original; abuse.mails bounds both.
//   - forgot_password/reset left all sessions open. They end. change_password keeps the caller's own, as it did.
//   - change_password, totp/disable and totp/new-backup-codes take the password or the code of the request as a fresh proof. With an
//     app, change_password needs a sign-in of the last minutes (sessions.step_up_age) as well, and totp/init always does: else 403.
//   - totp/init answered 400 while an app is enabled, and does; the app that was begun before is replaced, with its codes.
//   - totp/disable keeps the last second factor where the tenant asks for one: 400 FactorNeeded, a code of ours.
//   - active_sessions lists sessions of other APIs among sessions, so that users see all that is open. Those that have ended are
//     not listed; is_valid is false only in last_session and last_token_session. close ended app tokens and answered 400; it answers
//     204. close_except_current in session mode ends whatever is listed among sessions.
//   - A token that is not good any more is answered as none, 403; NoActiveSessionOrToken never happens. A malformed header
//     Authorization was 500.
//   - Errors that the original does not have use its form with codes of ours, such as RateLimited: 413, 429, 500 and 503; what would
//     be any other status is 400. Broken JSON, unknown paths, methods and media types, and missing permission are {"detail"} alone,
//     as its framework writes them. Unknown paths were HTML.
//   - Requests from sites that the tenant does not trust (cors.origins) are refused like by the original's optional middleware, 400.
package axor
