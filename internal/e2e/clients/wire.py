"""What the clients written from published API documents share.

Standard library only: HTTP with a cookie jar and JSON or form bodies, a JSON
mailbox, one-time passwords by RFC 6238, and the checking and printing of
steps. Nothing here knows any one API.
"""

import base64
import hashlib
import hmac
import http.cookiejar
import json
import secrets
import struct
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

PASSWORD = "otter carries 7 lanterns"
OTHER_PASSWORD = "heron borrows 9 kettles"
WRONG_PASSWORD = "badger forgets 3 umbrellas"

# What a refusal may not be: these say that the request did not get as far as
# being judged (no such endpoint, no such method, too many requests).
NOT_A_REFUSAL = (404, 405, 429)


class Mismatch(Exception):
    """The API did not answer what its document promises."""


class Answer:
    def __init__(self, method, path, status, headers, text):
        self.method, self.path, self.status, self.text = method, path, status, text
        seconds = headers.get("Retry-After", "")
        self.retry_after = int(seconds) if seconds.isdigit() else float("inf")
        try:
            self.data = json.loads(text)
        except ValueError:
            self.data = None

    def expect(self, condition, what):
        if not condition:
            raise Mismatch(
                f"{self.method} {self.path}\n  expected: {what}\n  came:     {self.status} {self.text}"
            )

    def fields(self, **types):
        """Each named field of the answer is there and of its type (or one of its types)."""
        self.expect(isinstance(self.data, dict), "a JSON object")
        for name, kind in types.items():
            self.expect(name in self.data, f"the field {name}")
            value = self.data[name]
            # JSON tells true from 1, Python's isinstance does not.
            fits = isinstance(value, kind) and not (isinstance(value, bool) and kind is int)
            self.expect(fits and value != "", f"the field {name} as {kind}, not empty")
        return self.data

    def find(self, *names, required=True):
        """The value of the first of names found at any depth, for fields whose place the document leaves open."""
        for name in names:
            for key, value in walk(self.data):
                if key == name and value not in (None, ""):
                    return value
        if required:
            self.expect(False, "a field named " + " or ".join(names))
        return None

    def codes(self):
        """The answer's list of strings, whatever it is called."""
        for _, value in walk({"": self.data}):
            if isinstance(value, list) and value and all(isinstance(one, str) and one for one in value):
                return value
        self.expect(False, "a list of codes")

    def mentions(self, value):
        """Value stands somewhere in the answer, under whatever name."""
        found = any(str(one) == str(value) for _, one in walk({"": self.data}))
        self.expect(found, f"an answer holding {value!r}")


def walk(data):
    """Every (name, value) of a JSON document, at any depth."""
    if isinstance(data, dict):
        pairs = list(data.items())
    elif isinstance(data, list):
        pairs = [("", one) for one in data]
    else:
        return
    for name, value in pairs:
        yield name, value
        yield from walk(value)


class Client:
    """One device: a cookie jar, headers of its own, and the way it writes bodies."""

    def __init__(self, base, form=False):
        self.base, self.form, self.headers = base, form, {}
        # As browsers do, take plain HTTP on the own machine for a secure channel;
        # otherwise Secure cookies could not be tried without a certificate.
        secure = ["https"]
        if urllib.parse.urlsplit(base).hostname in ("127.0.0.1", "::1", "localhost"):
            secure.append("http")
        self.jar = http.cookiejar.CookieJar(http.cookiejar.DefaultCookiePolicy(secure_protocols=secure))
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def send(self, method, path, body=None):
        """One request; path may be a whole URL, such as one that a mail carries."""
        headers = {"Accept": "application/json", **self.headers}
        data = None
        if self.form and method == "POST":
            data = urllib.parse.urlencode(body or {}).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        elif body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        url = path if path.startswith("http") else self.base + path
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            response = self.opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            response = error
        with response:
            text = response.read().decode("utf-8", "replace")
            return Answer(method, path, response.status, response.headers, text)

    def ok(self, method, path, body=None, note="", status=None):
        """A request that the document promises to answer."""
        answer = self.send(method, path, body)
        if answer.status == 429 and answer.retry_after <= 60:
            # Asked for too soon: wait as told, as any client of HTTP does, and ask once more.
            print(f"..  {method} {path}  429  (again in {answer.retry_after} s)", flush=True)
            time.sleep(answer.retry_after)
            answer = self.send(method, path, body)
        if status:
            answer.expect(answer.status == status, f"status {status} {note}")
        else:
            answer.expect(200 <= answer.status < 300, f"status 2xx {note}")
        step(answer, note)
        return answer

    def refused(self, method, path, body=None, note="", absent=False):
        """A request that must be refused; absent where the path names something that there is not (404)."""
        answer = self.send(method, path, body)
        refusal = 400 <= answer.status < 500 and answer.status not in NOT_A_REFUSAL or absent and answer.status == 404
        answer.expect(refusal, f"a refusal, 4xx ({note})")
        step(answer, note + ", refused")
        return answer

    def cookie(self, part):
        """The value of the cookie whose name has part in it, if the jar holds one."""
        return next((one.value for one in self.jar if part in one.name), None)


def step(answer, note=""):
    print("ok ", answer.method, answer.path, "", answer.status, f" ({note})" if note else "", flush=True)


class Mailbox:
    """The JSON mailbox of one address."""

    def __init__(self, url, address):
        self.url = url + "?" + urllib.parse.urlencode({"to": address})
        self.address = address
        self.seen = set()

    def mails(self):
        with urllib.request.urlopen(self.url, timeout=30) as response:
            return json.load(response)["mails"] or []

    def mark(self):
        """What is there by now is not the mail that the next request brings."""
        self.seen.update(mail["id"] for mail in self.mails())

    def next(self, part="code"):
        """The newest unseen mail that has part (code, link, text); waits up to 20 s for it."""
        deadline = time.time() + 20
        while time.time() < deadline:
            time.sleep(0.5)
            if self.fresh(part):
                # An earlier mail may have arrived just before the one asked for.
                time.sleep(1)
                mail = self.fresh(part)[-1]
                self.mark()
                print("ok  mail ", mail["subject"], flush=True)
                return mail
        raise Mismatch(f"mail\n  expected: a mail to {self.address} with a {part} within 20 s\n  came:     {self.mails()}")

    def fresh(self, part):
        return [mail for mail in self.mails() if mail["id"] not in self.seen and mail.get(part)]


def words(mail):
    """The words that stand alone on a line of the mail's text."""
    lines = (line.strip() for line in mail["text"].splitlines())
    return [line for line in lines if line and " " not in line and "://" not in line]


class Totp:
    """RFC 6238 with SHA-1, six digits, 30 seconds. A code is accepted once, so each is of a later step."""

    def __init__(self, secret):
        secret = secret.replace(" ", "").upper()
        self.key = base64.b32decode(secret + "=" * (-len(secret) % 8))
        self.last = 0

    def code(self):
        while int(time.time()) // 30 <= self.last:
            time.sleep(0.5)
        self.last = int(time.time()) // 30
        return self.at(self.last)

    def at(self, counter):
        digest = hmac.new(self.key, struct.pack(">Q", counter), hashlib.sha1).digest()
        offset = digest[-1] & 15
        number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
        return f"{number % 1_000_000:06d}"

    def wrong(self):
        """A code that none of the steps about now has."""
        now = int(time.time()) // 30
        near = {self.at(now + drift) for drift in range(-3, 4)}
        return next(code for code in ("000000", "111111", "222222", "333333", "444444", "555555", "666666", "777777") if code not in near)


def totp_secret(text):
    """The secret of an otpauth:// address inside text, or text itself."""
    start = text.find("otpauth://")
    if start < 0:
        return text
    query = urllib.parse.urlsplit(text[start:]).query
    return urllib.parse.parse_qs(query)["secret"][0]


def other_code(code):
    """A code of the same length and alphabet that differs from code."""
    return ("1" if code[0] != "1" else "2") + code[1:]


def newcomer():
    """A fresh user name and address."""
    name = "newcomer" + secrets.token_hex(5)
    return name, name + "@example.com"


def run(journey):
    """Plays journey(base, mailbox URL) with the command line's arguments and exits by its outcome."""
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} BASE MAILBOX")
    try:
        journey(sys.argv[1].rstrip("/"), sys.argv[2])
    except Mismatch as mismatch:
        print("MISMATCH", mismatch, file=sys.stderr)
        sys.exit(1)
    except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
        print("UNREACHABLE", error, file=sys.stderr)
        sys.exit(1)
