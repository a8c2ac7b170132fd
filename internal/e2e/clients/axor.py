"""A client of the four user endpoints with sessions in cookies, written from the
published API document alone.

    python3 axor.py BASE MAILBOX

The document has no endpoint that verifies an address or enrols a second factor,
so the mailbox is not looked at and a sign-in carries no code.
"""

from wire import PASSWORD, WRONG_PASSWORD, Client, newcomer, run


def journey(base, _mailbox_url):
    _, address = newcomer()
    account = {"email": address, "password": PASSWORD, "first_name": "Ada", "last_name": "Newcomer"}
    credentials = {"email": address, "password": PASSWORD}

    # Register, within the lengths that the document gives.
    api = Client(base)
    api.refused("POST", "/user/register/", {**account, "first_name": "A" * 151}, "first name of 151 characters")
    api.refused("POST", "/user/register/", {**account, "email": "a" * 150 + "@example.com"}, "address too long")
    without = {name: value for name, value in account.items() if name != "last_name"}
    api.refused("POST", "/user/register/", without, "last name missing")
    # A new account has no last session of either kind.
    none = type(None)
    signed_in(api.ok("POST", "/user/register/", account), address, none)

    # Sign in, on a device that knows nothing yet.
    api = Client(base)
    api.refused("GET", "/user/me/", note="nobody signed in")
    api.refused("POST", "/user/login/", {**credentials, "password": WRONG_PASSWORD}, "wrong password")
    signed_in(api.ok("POST", "/user/login/", credentials), address, (dict, none))
    api.ok("GET", "/user/me/").mentions(address)

    # A second device has a session of its own.
    other = Client(base)
    signed_in(other.ok("POST", "/user/login/", credentials, "second device"), address, (dict, none))
    other.ok("POST", "/user/logout/")
    other.refused("GET", "/user/me/", note="after sign-out")

    # Sign out, and in again.
    api.ok("GET", "/user/me/", note="first device").mentions(address)
    api.ok("POST", "/user/logout/")
    api.refused("GET", "/user/me/", note="after sign-out")
    signed_in(api.ok("POST", "/user/login/", credentials, "again"), address, (dict, none))
    api.ok("GET", "/user/me/").mentions(address)
    api.ok("POST", "/user/logout/")
    api.refused("GET", "/user/me/", note="after sign-out")


def signed_in(answer, address, last):
    """What register and login answer."""
    answer.fields(last_session=last, last_token_session=last, user=dict)
    answer.mentions(address)
    # Only app tokens bring a session; if one is there, it has this shape.
    session = answer.data.get("session")
    if session is not None:
        shaped = isinstance(session, dict) and all(isinstance(session.get(name), str) for name in ("id", "key"))
        answer.expect(shaped, 'session as {"id": string, "key": string}')


run(journey)
