// Package waanverse is the API of dj-waanverse-auth 0.0.1-beta.9: sign-up, sign-in by password and second factor, sessions,
// passwords by mail. It holds the wire's names and how faults read on it; every decision is the flows'.
//
// Where it differs from the original, and why:
//
// Signing in
//
//   - The original took a user's id and one valid code for a whole sign-in. Here the password comes first: /login/ answers mfa,
//     the handle of that sign-in, for five minutes and five codes; the client sends it back as user_id. It is also in the cookie
//     mfa, beside which the account's own id is accepted. user_not_found says that the handle is another account's, and tells
//     nothing of accounts.
//   - A sign-in that needs what the wire cannot say, such as a passkey or a second factor that is still to be set up, is refused
//     as wrong credentials are, with a text of its own. After a sign-up the account exists then and has no session.
//   - Codes of the app count one step early and late, and once. Five of a sign-in and all failures of an account are limited.
//   - Refresh tokens end with their session, and access tokens are none; the original took either for the other. GET /refresh/
//     takes the token of the cookie, else of the body, else of the header; it refuses HEAD and, with cookies, what a browser sends
//     by itself or for another site.
//   - /home/ and /logout/ ask for a session and /logout/ ends it, as the documents say; the original only took the cookies away.
//   - 401 identity_error stands for every session that is over, also by a new password or a locked account; all else that is no
//     token reads alike.
//   - A mail goes out when an unknown device signs in, not after every sign-in.
//   - Tokens are signed with the tenant's key and algorithm, and carry further claims; id is a text.
//
// Signing up
//
//   - Where signup.verify_email is before_session the address must be verified first, as with the original: else the answer is
//     unverified_email_address. With after_session or off a sign-up is open at once, in the order of the documents.
//   - /signup/email/verify/ without a sign-in leaves a proof in an HttpOnly cookie, email_proof, for ten minutes: only that browser
//     can sign up with it. With the original whoever was faster could. Such a sign-up replaces an account that never verified the
//     address; an existing account is verified only with its own credential.
//   - Under before_session /signup/email/initiate-verification/ answers the same for a verified address and mails nothing; else it
//     says email_exists, at the price of a failed guess.
//   - code_expired is said once, whatever code is sent; after that the code is invalid_code.
//   - Passwords follow the tenant's policy (15 characters unless it says otherwise, not 8). Names also follow ours: _ . - only
//     inside.
//   - blacklisted_email and disposable_email are never said: there are no such lists.
//   - A turnstile_token is ignored where the tenant checks none; the original refused it.
//
// Second factors
//
//   - What shows or changes them needs a proof of the last ten minutes, else 403: the wire has no other way to ask for one than a
//     new sign-in. /mfa/deactivate/ brings its own, password and code.
//   - /mfa/recovery-codes/ shows the codes that are left of a set that this API made, and leaves an event. Those codes are kept
//     sealed with the tenant's data key; others are digests and cannot be shown (404 no_codes).
//   - /mfa/deactivate/ takes the authenticator apps away. Recovery codes stay while there is a passkey to recover from. Where the
//     tenant requires a second factor, the last one stays (400).
//
// Mails
//
//   - Codes are as long as the tenant says (six digits), also for a new password, where the original had eight characters. The
//     mails hold no link.
//   - /password/reset/ answers the same for every address, and /password/new-password/ as for a wrong code. A new password ends all
//     sessions. For an address that was never verified it also takes away what was attached to the account before, the username
//     among it: whoever reads the mailbox may be another than who signed up.
//   - Two mails a minute may be asked for per address and purpose; the original counted both purposes together.
//   - Without a mail server the answer is 503, not 500: {"error"} for a verification, {"detail"} for a password.
//
// The framework
//
//   - Paths answer with and without the slash at the end; without it the original redirected and lost the body.
//   - Unknown paths are 404 {"detail"}, not a page. A field that comes twice or as a file is refused; the query counts for nothing.
//   - A refused cookie or bearer token takes both cookies away, as with the original, and so does a refused refresh.
//   - Cookies are Secure where clients speak https. On the host that tenants share they hold below the mount point.
//   - Requests that a browser sends with cookies from another site are refused, unless the tenant lists it in cors.origins.
package waanverse
