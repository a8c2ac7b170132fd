"""A client of the API with magic codes and passkeys, written from the published
API document alone.

    python3 waanverse_magic.py BASE MAILBOX

The session lives in cookies; the document also lets the tokens be sent in the body.
Passkeys go as far as they can without an authenticator: the options are asked for
and looked at, and an invalid answer must be refused.
"""

from wire import Client, Mailbox, newcomer, other_code, run


def journey(base, mailbox_url):
    _, address = newcomer()
    mailbox = Mailbox(mailbox_url, address)
    api = Client(base)

    # Sign up: the second step signs in as well.
    sid = with_code(api, mailbox, "/signup/", address).fields(sid=str)["sid"]
    api.ok("GET", "/me/").mentions(address)
    api.ok("GET", "/sessions/").mentions(sid)
    api.ok("POST", "/refresh/", note="token from the cookie")
    api.ok("GET", "/me/").mentions(address)

    # A passkey's registration, for who is signed in.
    Client(base).refused("POST", "/login/webauthn/options/", note="nobody signed in")
    options = api.ok("POST", "/login/webauthn/options/")
    for name, kind in {"challenge": str, "rp": dict, "user": dict, "pubKeyCredParams": list, "challengeId": str}.items():
        options.expect(isinstance(options.find(name), kind), f"{name} as {kind}")
    credential = {"id": "bm9uZQ", "rawId": "bm9uZQ", "type": "public-key"}
    api.refused(
        "POST",
        "/login/webauthn/verify/",
        {
            **credential,
            "response": {"attestationObject": "bm9uZQ", "clientDataJSON": "bm9uZQ"},
            "challengeId": options.find("challengeId"),
            "name": "My Device",
        },
        "no passkey at all",
    )

    # Sign in on a second device, and end its session from the first.
    other = Client(base)
    other_sid = with_code(other, mailbox, "/login/", address).fields(sid=str)["sid"]
    other.ok("GET", "/me/").mentions(address)
    listed = api.ok("GET", "/sessions/", note="both devices")
    listed.mentions(sid)
    listed.mentions(other_sid)
    api.ok("DELETE", f"/sessions/{other_sid}/", {"sid": other_sid})
    other.refused("GET", "/me/", note="session ended from elsewhere")

    # Sign in with a passkey.
    other = Client(base)
    options = other.ok("POST", "/login/webauthn/")
    options.expect(isinstance(options.find("challenge"), str), "challenge as a string")
    other.refused(
        "POST",
        "/login/webauthn/verify-challenge/",
        {
            **credential,
            "response": {
                "authenticatorData": "bm9uZQ",
                "clientDataJSON": "bm9uZQ",
                "signature": "bm9uZQ",
                "userHandle": "bm9uZQ",
            },
        },
        "no passkey at all",
    )

    # Tokens in the body, as the document shows them, sent from where there are no cookies.
    answer = with_code(other, mailbox, "/login/", address)
    refresh = token(other, answer, "refresh_token", "refresh")
    refreshed = Client(base).ok("POST", "/refresh/", {"refresh_token": refresh}, "token in the body")
    access = refreshed.find("access_token", required=False) or token(other, answer, "access_token", "access")
    Client(base).ok("POST", "/logout/", {"access_token": access}, "token in the body")
    other.refused("GET", "/me/", note="after sign-out")

    # Sign out for good, by the cookie.
    api.ok("GET", "/me/").mentions(address)
    api.ok("POST", "/logout/", note="token from the cookie")
    api.refused("GET", "/me/", note="after sign-out")
    api.refused("GET", "/sessions/", note="after sign-out")
    api.refused("POST", "/refresh/", note="after sign-out")


def with_code(api, mailbox, path, address):
    """Both steps of a sign-up or sign-in: ask for the code, send it."""
    mailbox.mark()
    api.ok("POST", path, {"email_address": address}, "step 1")
    code = mailbox.next()["code"]
    api.refused("POST", path, {"email_address": address, "code": other_code(code)}, "wrong code")
    answer = api.ok("POST", path, {"email_address": address, "code": code}, "step 2")
    Client(api.base).refused("POST", path, {"email_address": address, "code": code}, "code used before")
    return answer


def token(api, answer, name, part):
    """A token by its name in the sign-in's answer, or else from the cookie that holds it."""
    value = answer.find(name, required=False) or api.cookie(part)
    answer.expect(value, f"{name} in the answer or in a cookie")
    return value


run(journey)
