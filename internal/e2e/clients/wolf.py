"""A client of the form-encoded API with access and refresh tokens, written from the
published API document alone.

    python3 wolf.py BASE MAILBOX

The document has no endpoint that confirms an address or turns two factors on: if the
mail carries a link, it is opened, as the address's owner would; and of the second
step only the refusal can be tried.
"""

from wire import PASSWORD, WRONG_PASSWORD, Client, Mailbox, newcomer, run


def journey(base, mailbox_url):
    username, address = newcomer()
    mailbox = Mailbox(mailbox_url, address)
    api = Client(base, form=True)

    # Register, and confirm the address as its owner does.
    account = {"username": username, "email": address, "password": PASSWORD}
    answer = api.ok("POST", "/auth/register", account)
    answer.expect(answer.fields(code=str, error=str)["code"] == "PENDING_CONFIRMATION", "the code PENDING_CONFIRMATION")
    link = mailbox.next("text")["link"]
    if link:
        browser = Client(base)
        browser.headers["Accept"] = "text/html"
        browser.ok("GET", link, note="the mail's link")

    # Sign in.
    credentials = {"email": address, "password": PASSWORD}
    api.refused("POST", "/auth/login", {**credentials, "password": WRONG_PASSWORD}, "wrong password")
    answer = api.ok("POST", "/auth/login", credentials)
    access, refresh = tokens(answer)
    answer.expect(answer.fields(twoFactor=bool)["twoFactor"] is False, "twoFactor false")
    api.refused("POST", "/auth/two-factor", {"token": "x" * 64, "code": "110450"}, "token of no sign-in")

    # Refresh.
    api.refused("POST", "/auth/refresh", {"refresh_token": "x.y.z"}, "no refresh token")
    answer = api.ok("POST", "/auth/refresh", {"refresh_token": refresh})
    first = access
    access, refresh = tokens(answer)
    answer.expect(access != first, "another access token after a refresh")
    api.headers["Authorization"] = "Bearer " + access

    # Sign out: neither of the tokens is good for anything any more.
    Client(base, form=True).refused("POST", "/auth/logout", note="nobody signed in")
    answer = api.ok("POST", "/auth/logout")
    answer.expect(answer.fields(code=str, error=str)["code"] == "LOGGED_OUT", "the code LOGGED_OUT")
    api.refused("POST", "/auth/logout", note="after sign-out")
    del api.headers["Authorization"]
    api.refused("POST", "/auth/refresh", {"refresh_token": refresh}, "after sign-out")

    # And in again.
    access, refresh = tokens(api.ok("POST", "/auth/login", credentials, "again"))
    api.headers["Authorization"] = "Bearer " + access
    api.ok("POST", "/auth/logout")


def tokens(answer):
    """Both tokens, which the document calls JWTs: three parts each."""
    data = answer.fields(access_token=str, refresh_token=str)
    for name in ("access_token", "refresh_token"):
        answer.expect(data[name].count(".") == 2, f"{name} as a JWT")
    return data["access_token"], data["refresh_token"]


run(journey)
