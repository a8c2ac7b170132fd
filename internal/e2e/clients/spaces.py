"""A client of the API with tokens in the header `Authorization: JWT ...`, TOTP and
emergency codes, written from the published API document alone.

    python3 spaces.py BASE MAILBOX
"""

from wire import OTHER_PASSWORD, PASSWORD, WRONG_PASSWORD, Client, Mailbox, Totp, newcomer, other_code, run, totp_secret, words


def journey(base, mailbox_url):
    _, address = newcomer()
    mailbox = Mailbox(mailbox_url, address)
    api = Client(base)

    # Create the account, sign in, look at it.
    created = api.ok("POST", "/api/user/create/", {"email": address, "password": PASSWORD})
    user_id = created.fields(id=(str, int), email=str)["id"]
    created.mentions(address)
    api.refused("GET", "/api/user/view/", note="nobody signed in")
    api.refused("POST", "/api/user/login/", {"email": address, "password": WRONG_PASSWORD}, "wrong password")
    login(api, address, PASSWORD)
    view(api, user_id, address)

    # Second factor: enrol a device, and let the token it brings replace the first.
    url = api.ok("GET", "/api/totp/create/")
    url.expect("otpauth://" in url.text, "an otpauth:// address")
    address_of_secret = url.data if isinstance(url.data, str) else url.find("url", "config_url", "otpauth_url", "uri")
    totp = Totp(totp_secret(address_of_secret))
    api.refused("POST", f"/api/totp/login/{totp.wrong()}/", note="wrong numbers", absent=True)
    take(api, api.ok("POST", f"/api/totp/login/{totp.code()}/"))
    view(api, user_id, address)
    emergency = api.ok("GET", "/api/static/create/")
    codes = emergency.codes()
    emergency.expect(len(codes) == 6, "6 emergency codes")

    # From now on the password alone is not enough.
    login(api, address, PASSWORD)
    api.refused("GET", "/api/static/create/", note="second factor still to come")
    take(api, api.ok("POST", f"/api/totp/login/{totp.code()}/"))
    view(api, user_id, address)

    # The device is lost: an emergency code, each good once, lets it be deleted.
    login(api, address, PASSWORD)
    api.refused("GET", f"/api/static/login/{other_code(codes[0])}/", note="wrong emergency code", absent=True)
    take(api, api.ok("GET", f"/api/static/login/{codes[0]}/"))
    again = Client(base)
    login(again, address, PASSWORD)
    again.refused("GET", f"/api/static/login/{codes[0]}/", note="emergency code used before", absent=True)
    take(api, api.ok("POST", "/api/totp/delete/"))
    view(api, user_id, address)
    login(api, address, PASSWORD)
    view(api, user_id, address)

    # Change the password.
    change = {"current_password": PASSWORD, "new_password": OTHER_PASSWORD}
    api.refused("POST", "/api/user/password/change/", {**change, "current_password": WRONG_PASSWORD}, "wrong password")
    api.ok("POST", "/api/user/password/change/", change, status=204)
    api.refused("POST", "/api/user/login/", {"email": address, "password": PASSWORD}, "old password")
    login(api, address, OTHER_PASSWORD)

    # Forget it.
    lost = Client(base)
    mailbox.mark()
    lost.ok("POST", "/api/user/password/reset/", {"email": address})
    mail = mailbox.next()
    token = mail["code"]
    alone = words(mail)
    uid = alone[alone.index(token) - 1]
    confirm = {"uid": uid, "token": token, "new_password": PASSWORD}
    path = "/api/user/password/reset/confirm/"
    lost.refused("POST", path, {**confirm, "token": other_code(token)}, "wrong token")
    lost.ok("POST", path, confirm, status=204)
    lost.refused("POST", path, confirm, "token used before")
    lost.refused("POST", "/api/user/login/", {"email": address, "password": OTHER_PASSWORD}, "old password")

    # Sign out, everywhere.
    login(api, address, PASSWORD)
    login(lost, address, PASSWORD)
    api.ok("POST", "/api/user/logout/all/")
    api.refused("GET", "/api/user/view/", note="after sign-out")
    lost.refused("GET", "/api/user/view/", note="signed out from elsewhere")

    # Delete the account.
    login(api, address, PASSWORD)
    api.refused("POST", "/api/user/delete/", {"current_password": WRONG_PASSWORD}, "wrong password")
    api.ok("POST", "/api/user/delete/", {"current_password": PASSWORD})
    api.refused("GET", "/api/user/view/", note="account deleted")
    api.refused("POST", "/api/user/login/", {"email": address, "password": PASSWORD}, "account deleted")


def login(api, address, password):
    # Signing in starts anew: a token of before has no say in it.
    api.headers.pop("Authorization", None)
    take(api, api.ok("POST", "/api/user/login/", {"email": address, "password": password}))


def take(api, answer):
    """The answer's token replaces the one before."""
    token = answer.find("token")
    answer.expect(isinstance(token, str), "token as a string")
    api.headers["Authorization"] = "JWT " + token


def view(api, user_id, address):
    me = api.ok("GET", "/api/user/view/")
    me.expect(me.fields(id=(str, int), email=str) and me.data["id"] == user_id, f"the id {user_id!r}")
    me.mentions(address)


run(journey)
