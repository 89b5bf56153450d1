"""The table of attempts: alice, who has signed in, asks for bob's token by everything that a client chooses."""

from __future__ import annotations

import json
import ssl
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import jwt

from Support.logins import claims_of
from Support.raw import Attempt, basic, exchange, names_in
from Support.tokens import KEY, OTHER_KEY
from Support.transports import Site


def bearer(key: str, algorithm: str = "HS256") -> str:
    """A token that says it is bob's."""
    now = int(time.time())
    payload = {**claims_of("bob"), "exp": now + 3600, "iat": now}
    return "Authorization: Bearer " + jwt.encode(payload, key, algorithm=algorithm)


# Headers by which proxies and gateways name a user, and by which others were fooled.
NAMES = [
    "Remote-User", "REMOTE_USER", "Remote_User", "remote-user", "X-Remote-User", "X-Forwarded-User", "X_Forwarded_User",
    "X-User", "X-WebAuth-User", "X-Auth-Request-User", "X-Forwarded-Preferred-Username", "X-Authenticated-User",
    "User", "Auth-User", "AUTH_USER", "LOGON_USER", "X-Original-User", "From", "HTTP_REMOTE_USER", "Http-Remote-User",
    "REDIRECT_REMOTE_USER", "Redirect-Remote-User", "REDIRECT_HTTP_REMOTE_USER", "Proxy-User", "Proxy-Remote-User",
    "Proxy-Authenticate-User", "SSL_CLIENT_S_DN_CN", "Ssl-Client-S-Dn-Cn", "X-SSL-Client-CN", "SSL-Client-Verify",
    "OIDC_CLAIM_org", "OIDC-CLAIM-org", "X-Forwarded-Email", "Cf-Access-Authenticated-User-Email", "Org-Id", "org_id",
]
SETTINGS = [
    "Tinybird-Fixed-Params", "TINYBIRD_FIXED_PARAMS", "HTTP_TINYBIRD_FIXED_PARAMS", "X-Tinybird-Fixed-Params",
    "REDIRECT_TINYBIRD_FIXED_PARAMS", "Env-Tinybird-Fixed-Params",
]

HEADERS = [
    *(Attempt(f"header {name}", (f"{name}: bob",)) for name in NAMES),
    *(Attempt(f"header {name}", (f"{name}: org_id=bob",)) for name in SETTINGS),
    Attempt("header TINYBIRD_TOKEN_NAME", ("TINYBIRD_TOKEN_NAME: charts of bob",)),
    Attempt("header TINYBIRD_SCOPES", ('TINYBIRD_SCOPES: [{"type":"PIPES:READ","resource":"bobs"}]',)),
    Attempt("header TINYBIRD_PIPES", ("TINYBIRD_PIPES: bobs", "Tinybird-Pipes: bobs")),
    Attempt("header TINYBIRD_SIGNING_KEY", (f"TINYBIRD_SIGNING_KEY: {OTHER_KEY}",)),
    Attempt("the same header twice", ("Remote-User: alice", "Remote-User: bob")),
    Attempt("hyphen and underscore", ("Remote-User: alice", "Remote_User: bob", "REMOTE-USER: bob")),
    Attempt("a header continued on the next line", ("X-A: b\r\n Remote-User: bob",)),
    Attempt("a space before the colon", ("Remote-User : bob",)),
    Attempt("a line feed alone inside of a header", ("X-A: b\nREMOTE_USER: bob",)),
    Attempt("a carriage return alone inside of a header", ("X-A: b\rREMOTE_USER: bob",)),
    Attempt("a NUL in a header's name", ("REMOTE_USER\0: bob",)),
    Attempt("an equals sign in a header's name", ("REMOTE_USER=bob: x",)),
    Attempt("a parameter as HAProxy keeps it", (":fcgi-remote_user: bob", "fcgi-remote_user: bob")),
    Attempt("Connection: Authorization", ("Connection: close, Authorization",)),
    Attempt("Connection: Remote-User", ("Connection: close, Remote-User", "Remote-User: bob")),
    Attempt("Proxy (httpoxy)", ("Proxy: http://bob",)),
    Attempt("Proxy-Authorization of bob", (basic("bob", "wrong").replace("Auth", "Proxy-Auth", 1),)),
    Attempt("REDIRECT_STATUS", ("REDIRECT_STATUS: 200", "REDIRECT_REMOTE_USER: bob")),
    Attempt("GATEWAY_INTERFACE", ("GATEWAY_INTERFACE: x", "Gateway-Interface: x")),
    Attempt("X-Original-URL", ("X-Original-URL: /generate-token?user=bob", "X-Rewrite-URL: /x")),
    Attempt("X-Sendfile", ("X-Sendfile: /etc/passwd", "X-Accel-Redirect: /bob")),
    Attempt("Forwarded", ("Forwarded: for=bob;by=bob", "X-Forwarded-For: bob", "Via: 1.1 bob")),
    Attempt("Range", ("Range: bytes=0-5",)),
    Attempt("If-None-Match", ("If-None-Match: *",)),
    Attempt("Origin", ("Origin: https://bob.example",)),
    Attempt("a hundred headers", tuple(f"X-{index}: bob" for index in range(90)) + ("REMOTE_USER: bob",)),
    Attempt("an empty REMOTE_USER", ("REMOTE_USER:",)),
    Attempt("Trailer and chunks", ("Transfer-Encoding: chunked", "Trailer: Remote-User"),
            body="0\r\nRemote-User: bob\r\n\r\n", method="POST"),
    Attempt("a length and chunks", ("Transfer-Encoding: chunked",), body="0\r\n\r\n", method="POST"),
    Attempt("Upgrade", ("Connection: Upgrade, close", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")),
    Attempt("Expect", ("Expect: 100-continue",)),
]

COOKIES = [
    Attempt(f"cookie {name}", (f"Cookie: {name}=bob",))
    for name in ["REMOTE_USER", "user", "org_id", "session", "TINYBIRD_FIXED_PARAMS", "token"]
]

QUERIES = [
    Attempt(f"query {query}", target=f"/generate-token?{query}")
    for query in [
        "org_id=bob", "user=bob", "REMOTE_USER=bob", "TINYBIRD_FIXED_PARAMS=org_id=bob", "REMOTE_USER=bob&REMOTE_USER=alice",
        "--as+REMOTE_USER=bob", "token+--as+REMOTE_USER=bob", "%2D%2Das+REMOTE_USER%3Dbob", "-d+auto_prepend_file=bob",
        "--help", "serve+--listen+127.0.0.1:9", "name=charts+of+bob", "token=bob", "_method=POST&user=bob", "%00REMOTE_USER=bob",
        "%0d%0aRemote-User:%20bob", "a=b;REMOTE_USER=bob", "?REMOTE_USER=bob", "%{REMOTE_USER}", "x" * 4000 + "&user=bob",
    ]
]

PATHS = [
    Attempt(f"path {path}", target=path)
    for path in [
        "/generate-token/bob", "/generate-token/", "/generate-token/org_id=bob", "//generate-token", "/./generate-token",
        "/x/../generate-token", "/generate-token/../generate-token", "/generate-token/..;/bob", "/generate-token;user=bob",
        "/generate-token%2fbob", "/generate-token%2F..%2Fgenerate-token", "/%67enerate-token", "/generate-token%3Fuser=bob",
        "/generate-token%00bob", "/generate-token%0d%0aRemote-User:%20bob", "/generate-token%20bob", "/GENERATE-TOKEN",
        "/generate-token.bob", "/~bob/generate-token", "/bob/generate-token", "/generate-token\\bob", "/generate-token#bob",
        "/cgi-bin/charts-token?user=bob", "/generate-token//", "/%2e/generate-token", "/.//generate-token", "/generate-token%",
        "*", "generate-token", "", "/" + "a/../" * 50 + "generate-token",
    ]
]

BODIES = [
    Attempt("a form", ("Content-Type: application/x-www-form-urlencoded",), method="POST", body="org_id=bob&REMOTE_USER=bob"),
    Attempt("JSON", ("Content-Type: application/json",), method="POST", body='{"org_id":"bob","REMOTE_USER":"bob"}'),
    Attempt("a form on GET", ("Content-Type: application/x-www-form-urlencoded",), body="org_id=bob"),
    Attempt("a form on PUT", method="PUT", body="REMOTE_USER=bob"),
    Attempt("a second request as the body", body="GET /generate-token HTTP/1.1\r\nHost: x\r\nRemote-User: bob\r\n\r\n"),
    Attempt("FastCGI records as the body", method="POST", body="\x01\x04\x00\x01\x00\x10\x00\x00\x0b\x03REMOTE_USERbob"),
]

METHODS = [
    *(Attempt(f"method {method}", method=method)
      for method in ["HEAD", "POST", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "BOB", "get", "GET\tx"]),
    *(Attempt(f"override by {name}", (f"{name}: GET", "REMOTE_USER: bob"), method="POST", body="user=bob")
      for name in ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]),
    Attempt("override by REQUEST_METHOD", ("REQUEST_METHOD: GET",), method="DELETE"),
]

PROTOCOLS = [
    Attempt("HTTP/1.0", version="HTTP/1.0"),
    Attempt("HTTP/1.0 without Host", version="HTTP/1.0", host=()),
    Attempt("HTTP/0.9", version=""),
    Attempt("HTTP/2.0 in words", version="HTTP/2.0"),
    Attempt("absolute form", target="http://localhost/generate-token"),
    Attempt("absolute form with a user", target="http://bob:secret@localhost/generate-token"),
    Attempt("absolute form of another host", target="http://bob.example/generate-token?user=bob"),
    Attempt("Host of another", host=("Host: bob.example",)),
    Attempt("Host with a user", host=("Host: bob:secret@localhost",)),
    Attempt("Host twice", host=("Host: localhost", "Host: bob")),
    Attempt("Host with a port", host=("Host: localhost:99999999",)),
    Attempt("no Host", host=()),
    Attempt("Host with spaces", host=("Host: REMOTE_USER=bob x",)),
]

# A login by certificate has no Authorization of its own: these come in addition there.
AUTHORIZATIONS = [
    Attempt("a forged bearer token beside the login", (bearer(OTHER_KEY),)),
    Attempt("bob's own token beside the login", (bearer(KEY),)),
    Attempt("bob's own token in front of the login", login=(bearer(KEY), basic("alice"))),
    Attempt("bob's own token instead of the login", login=(bearer(KEY),)),
    Attempt("bob's forged token instead of the login", login=(bearer(OTHER_KEY),)),
    Attempt("an unsigned token instead of the login", login=(bearer("", "none"),)),
    Attempt("bob with a wrong password", login=(basic("bob", "wrong"),)),
    Attempt("bob without a password", login=(basic("bob", ""),)),
    Attempt("bob with a wrong password beside the login", (basic("bob", "wrong"),)),
    Attempt("bob with a wrong password in front of the login", login=(basic("bob", "wrong"), basic("alice"))),
    Attempt("both logins in one header", login=(basic("alice") + ", " + basic("bob", "wrong").split(": ")[1],)),
    Attempt("both logins in one header, bob's first", login=(basic("bob", "wrong") + ", " + basic("alice").split(": ")[1],)),
    Attempt("alice's name with bob behind a NUL", login=(basic("alice\0bob"),)),
    Attempt("bob's name with alice behind a NUL", login=(basic("bob\0alice"),)),
    Attempt("two colons", login=(basic("bob:alice"),)),
    Attempt("alice's password, bob's name", login=(basic("alice:secret\r\nbob"),)),
    Attempt("an empty name", login=(basic(""),)),
    Attempt("bob by Digest", login=('Authorization: Digest username="bob", realm="Charts", uri="/", response="x"',)),
    Attempt("bob by Negotiate", login=("Authorization: Negotiate Ym9i",)),
    Attempt("the scheme in other case", login=(basic("alice").replace("Basic", "bAsIc"),)),
    Attempt("Authorization with an underscore", ("HTTP_AUTHORIZATION: " + bearer(KEY).split(": ")[1],)),
    Attempt("REDIRECT_HTTP_AUTHORIZATION", ("REDIRECT_HTTP_AUTHORIZATION: " + bearer(KEY).split(": ")[1],)),
    Attempt("X-Authorization", ("X-Authorization: " + bearer(KEY).split(": ")[1],)),
    Attempt("no login, bob's name in headers", ("Remote-User: bob", "REMOTE_USER: bob"), login=()),
    Attempt("no login, a user in the URL", target="http://bob:x@localhost/generate-token", login=()),
]

ATTEMPTS = [*HEADERS, *COOKIES, *QUERIES, *PATHS, *BODIES, *METHODS, *PROTOCOLS, *AUTHORIZATIONS]


def only(name: str) -> set[str]:
    """What a token of this visitor's says, as `names_in` has it."""
    return {json.dumps(claims_of(name), sort_keys=True)}


def received_by(
    attempts: Sequence[Attempt], site: Site, login: tuple[str, ...], context: ssl.SSLContext | None = None
) -> list[bytes]:
    """What comes back of each attempt."""
    # Several at once, as lighttpd keeps who gives a wrong password waiting for a second.
    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(lambda attempt: exchange(site.server.port, attempt.request(login), context), attempts))


def assert_none_succeeds(
    site: Site, login: tuple[str, ...], attempts: Sequence[Attempt] = ATTEMPTS, *, context: ssl.SSLContext | None = None
) -> None:
    """Makes every attempt; what comes back is an error, or has alice's tokens and nobody else's."""
    wrong = []
    alices = 0
    for attempt, received in zip(attempts, received_by(attempts, site, login, context), strict=True):
        names = names_in(received)
        if names and names != only("alice"):
            wrong.append((attempt.what, received))
        if not names and received.startswith(b"HTTP/1.1 200") and attempt.method != "HEAD" and b"{" in received:
            wrong.append((attempt.what, received))
        alices += bool(names)
    assert not wrong, wrong
    # Most attempts are of no consequence at all: had they all been errors, this would test little.
    assert alices > len(attempts) / 2
