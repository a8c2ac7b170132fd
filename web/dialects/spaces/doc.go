// Package spaces is the wire of the Virtual Spaces backend (warplydesigned/virualspaces_backend_dj, README of 2018-11-11): Django
// with djoser 1.3, djangorestframework-jwt 1.11 and django-otp 0.5. Paths are the original's, below the mount point.
//
// Where it differs:
//
// Tokens
//   - The original signs with a secret per user (HS256). Here the tenant's key signs, as for every token; clients treat tokens as
//     opaque. user_id, username and otp_device_id are said as before; iat, jti and ours are added.
//   - A token stands for a session, which lives dialects.spaces.refresh. Logging out everywhere, a reset and deleting the device
//     end sessions, where the original changed the secret. Their details of status 401 are the same.
//   - login/refresh always answered 400 in the original, where it was never switched on. Here it exchanges a token that has not
//     expired for one with the same device.
//   - A token of a user that is deleted was status 500, here 401.
//   - After totp/delete and a password change, tokens of the caller's own session from before live out their 15 minutes, and can be
//     exchanged: one session is one client. Those of a lower level stay outside of all that is guarded.
//   - Numbers of users are per tenant, and otp_device_id has the number 1 always: a user has one device of each kind here.
//
// The second factor
//   - The first token of a user with a confirmed device stands for no session: it is good for totp/login and static/login, once,
//     with codes.tries wrong codes, and all else answers 403. The original let it change the password, log out everywhere and show
//     the secret of the confirmed device, which a password alone must not. Used up it answers 401.
//   - totp/create for a confirmed device is 403 without the second factor and 400 with it: its secret is shown no more.
//   - A token of before the device was confirmed answers 403 where the device is asked for, and at password/change.
//   - Where the tenant asks everybody for a second factor, the first token of who has none is good for totp/create and totp/login.
//     The original had no such rule. totp/delete then answers 403.
//   - Logging in is refused, with status 400, where the second factor can only be a passkey: the wire cannot carry one.
//   - totp/create, static/create, totp/delete, delete and password/change need a proof of the last sessions.step_up_age, else 403. The
//     current password in the request is one where there is no second factor; else totp/login with the same token gives it.
//   - static/create without a device is 403: codes that stand in for a factor need one. They are made together with the device
//     already, shown by static/create alone, and void by it.
//   - static/login takes recovery codes that other APIs of the tenant have made too, whatever their shape.
//   - Wrong codes count, and so do logins that never give the second factor: abuse.account_failures, then 429. The original
//     counted none.
//   - The GETs that act refuse HEAD, and no cookie signs in: a browser does nothing by itself.
//   - Codes stand in paths. Logs, traces and metrics name the pattern of the route instead.
//
// Accounts
//   - Passwords follow the tenant's policy, by default 15 characters and more, so that shorter ones of old examples are refused.
//   - user/create answers 400 for email where the tenant verifies addresses first (signup.verify_email=before_session): the wire
//     has no step for it.
//   - Where the tenant asks for a captcha, create and login take its token in the field captcha.
//   - A reset ends every session, a password change every other one. The original left tokens alive.
//   - uid is not the user's number but the first half of a secret that is good once; both halves are mailed on lines of their own,
//     and as a link where the tenant has set dialects.spaces.site. The address of the site is never taken from the request.
//   - user/delete takes DELETE beside POST. Of the profile, which later versions of the original added to view, nothing is shown.
//
// Everywhere
//   - Paths answer with and without the final slash; the original redirected, and lost the body.
//   - Bodies have at most 64 KiB. A field that comes twice, or as a file, is status 400, and one in the query is none.
//   - The texts of errors are ours but where clients may have learnt them, and repeat nothing of the request.
package spaces
