"""A client of the password API with e-mail verification, TOTP and recovery codes,
written from the published API document alone.

    python3 waanverse.py BASE MAILBOX

The document names no tokens, so the session is taken to live in cookies.
"""

from wire import OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, Client, Mailbox, Totp, newcomer, other_code, run, totp_secret


def journey(base, mailbox_url):
    username, address = newcomer()
    mailbox = Mailbox(mailbox_url, address)
    api = Client(base)

    # Sign up, and verify the address.
    account = {"username": username, "email_address": address, "password": PASSWORD, "confirm_password": PASSWORD}
    api.refused("POST", "/signup/", {**account, "confirm_password": OTHER_PASSWORD}, "confirmation differs")
    api.ok("POST", "/signup/", account)
    mailbox.mark()
    api.ok("POST", "/signup/email/initiate-verification/", {"email_address": address})
    code = mailbox.next()["code"]
    api.refused("POST", "/signup/email/verify/", {"email_address": address, "code": other_code(code)}, "wrong code")
    api.ok("POST", "/signup/email/verify/", {"email_address": address, "code": code})

    # Sign in, by the address and by the user name, on a device that knows nothing yet.
    api = Client(base)
    api.refused("GET", "/me/", note="nobody signed in")
    api.refused("POST", "/login/", {"login_field": address, "password": WRONG_PASSWORD}, "wrong password")
    api.ok("POST", "/login/", {"login_field": address, "password": PASSWORD}, "by address")
    me = who(api, username, address)
    user_id = str(me.find("id", "user_id", "uuid", "pk"))
    api.ok("GET", "/home/")
    api.ok("GET", "/refresh/")
    who(api, username, address)

    # Second factor.
    secret = api.ok("POST", "/mfa/get-secret/")
    totp = Totp(totp_secret(secret.find("secret", "mfa_secret", "secret_key", "key", "key_uri", "otpauth_url", "url")))
    api.refused("POST", "/mfa/activate/", {"code": totp.wrong()}, "wrong code")
    api.ok("POST", "/mfa/activate/", {"code": totp.code()})
    api.ok("POST", "/mfa/generate-recovery-codes/")
    recovery = api.ok("GET", "/mfa/recovery-codes/").codes()
    api.ok("POST", "/logout/")
    api.refused("GET", "/me/", note="after sign-out")

    login_mfa(api, username, user_id, totp.code(), "one-time password", refused={"wrong code": (api, totp.wrong())})
    who(api, username, address)
    api.ok("POST", "/logout/")
    # A code alone signs nobody in: whoever has not given the password is refused, even with a good one.
    stranger = {"password not given here": (Client(base), recovery[1])}
    login_mfa(api, username, user_id, recovery[0], "recovery code", refused=stranger)
    who(api, username, address)
    api.refused("POST", "/mfa/deactivate/", {"code": totp.wrong(), "password": PASSWORD}, "wrong code")
    api.ok("POST", "/mfa/deactivate/", {"code": totp.code(), "password": PASSWORD})
    api.ok("POST", "/logout/")
    # The optional token: with no CAPTCHA set up, any will do.
    login = {"login_field": username, "password": PASSWORD, "turnstile_token": "XXXX.DUMMY.TOKEN.XXXX"}
    api.ok("POST", "/login/", login, "without a second factor again")
    who(api, username, address)
    api.ok("POST", "/logout/")

    # Forgotten password.
    mailbox.mark()
    api.ok("POST", "/password/reset/", {"email_address": address})
    code = mailbox.next()["code"]
    new = {"email_address": address, "new_password": OTHER_PASSWORD, "confirm_password": OTHER_PASSWORD}
    api.refused("POST", "/password/new-password/", {**new, "code": other_code(code)}, "wrong code")
    api.ok("POST", "/password/new-password/", {**new, "code": code})
    api.refused("POST", "/login/", {"login_field": address, "password": PASSWORD}, "old password")
    api.ok("POST", "/login/", {"login_field": address, "password": OTHER_PASSWORD}, "new password")
    who(api, username, address)

    # Sign out for good.
    api.ok("POST", "/logout/")
    api.refused("GET", "/me/", note="after sign-out")
    api.refused("GET", "/home/", note="after sign-out")
    api.refused("GET", "/refresh/", note="after sign-out")


def who(api, username, address):
    me = api.ok("GET", "/me/")
    me.mentions(username)
    me.mentions(address)
    return me


def login_mfa(api, username, user_id, code, note, refused):
    """Signs in with both factors: the password alone signs nobody in."""
    first = api.ok("POST", "/login/", {"login_field": username, "password": PASSWORD}, "first factor")
    api.refused("GET", "/me/", note="second factor still to come")
    # The document does not say where the identifier comes from: the login's answer if it names one, else /me/ of before.
    user_id = str(first.find("user_id", required=False) or user_id)
    for why, (device, bad) in refused.items():
        device.refused("POST", "/mfa/login/", {"code": bad, "user_id": user_id}, why)
    api.ok("POST", "/mfa/login/", {"code": code, "user_id": user_id}, note)


run(journey)
