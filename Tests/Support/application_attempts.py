"""The table of attempts where the site's own application signs visitors in: what alice, or nobody, sends for bob's token."""

from __future__ import annotations

import base64
import json
import time

import jwt
from itsdangerous import URLSafeTimedSerializer

from Support.raw import Attempt

# Not the application's.
OTHER_SECRET = "fedcba9876543210fedcba9876543210"
IN_AN_HOUR = int(time.time()) + 3600
BOB = {"sub": "bob", "user": "bob", "exp": IN_AN_HOUR}


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _forged_jwts() -> dict[str, str]:
    """JWTs that say they are bob's."""
    jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(OTHER_SECRET.encode()).rstrip(b"=").decode()}
    unsigned = f'{_part({"alg": "none", "typ": "JWT"})}.{_part(BOB)}.'
    return {
        "of another secret": jwt.encode(BOB, OTHER_SECRET),
        "of an empty secret": jwt.encode(BOB, ""),
        "unsigned": unsigned,
        "unsigned, in capitals": unsigned.replace(_part({"alg": "none", "typ": "JWT"}), _part({"alg": "NONE"})),
        "with a signature cut off": jwt.encode(BOB, OTHER_SECRET).rpartition(".")[0] + ".",
        "with its own key": jwt.encode(BOB, OTHER_SECRET, headers={"jwk": jwk}),
        "with a key's id": jwt.encode(BOB, "", headers={"kid": "../../../../dev/null"}),
        "with a key's address": jwt.encode(BOB, OTHER_SECRET, headers={"jku": "http://127.0.0.1:9/", "x5u": "http://127.0.0.1:9/"}),
        "by another algorithm": jwt.encode(BOB, OTHER_SECRET * 2, algorithm="HS512"),
    }


def _session_of_flask(secret: str) -> str:
    """A session of Flask's, as flask.sessions signs it."""
    return URLSafeTimedSerializer(
        secret, salt="cookie-session", signer_kwargs={"key_derivation": "hmac"}).dumps({"user": "bob"})


HEADERS = [
    *(Attempt(f"header {name}", (f"{name}: bob",)) for name in [
        "X-Charts-User", "x_charts_user", "Charts-User", "CHARTS_USER", "HTTP_CHARTS_USER", "HTTP_X_CHARTS_USER",
        "REDIRECT_CHARTS_USER", "REDIRECT_HTTP_X_CHARTS_USER", "Variable-CHARTS_USER", "Variable-Charts-User", "Variable-X",
        "X-Sendfile", "OIDC_CLAIM_sub", "OIDC-CLAIM-sub", "OIDC_access_token", "REMOTE-USER", "SCRIPT_FILENAME"]),
    Attempt("the name's header twice", ("X-Charts-User: alice", "X-Charts-User: bob")),
    Attempt("the name's header, dropped on the way", ("Connection: close, X-Charts-User, Cookie", "X-Charts-User: bob")),
    Attempt("a header that PHP-FPM takes for settings", ("PHP_VALUE: auto_prepend_file=/etc/passwd", "PHP-VALUE: x=y")),
    Attempt("the application's own redirect", ("X-Accel-Redirect: /_whoami", "Location: /_whoami")),
    Attempt("the URL by header", ("X-Original-URI: /login.php?user=bob", "X-Forwarded-Uri: /x", "X-Forwarded-Method: POST")),
    *(Attempt(f"Authorization: a JWT {what}", (f"Authorization: Bearer {token}",)) for what, token in _forged_jwts().items()),
]

# Beside the visitor's own cookie: a second header.
COOKIES = [
    Attempt(f"cookie {cookie[:60]}", (f"Cookie: {cookie}",))
    for cookie in [
        "CHARTS_USER=bob", "user=bob", "charts_user=bob", "PHPSESSID=bob", "PHPSESSID=", "PHPSESSID=../sessions/sess_bob",
        "PHPSESSID[]=bob", "PHPSESSID=%00bob", "_SESSION[user]=bob", "_SESSION=bob", "session=bob", "$Version=1; PHPSESSID=bob",
    ]
] + [
    *(Attempt(f"cookie: a JWT {what}", (f"Cookie: charts_user={token}",)) for what, token in _forged_jwts().items()),
    Attempt("cookie: a session of Flask's of another secret", (f"Cookie: session={_session_of_flask(OTHER_SECRET)}",)),
    Attempt("cookie: a session of Flask's of an empty secret", (f"Cookie: session={_session_of_flask('')}",)),
]

QUERIES = [
    Attempt(f"query {query}", target=f"/generate-token?{query}")
    for query in [
        "CHARTS_USER=bob", "PHPSESSID=bob", "SID=bob", "_SESSION[user]=bob", "user=bob&password=wrong", "charts_user=bob",
        "access_token=" + jwt.encode(BOB, OTHER_SECRET), "GLOBALS[_SESSION][user]=bob",
    ]
]

BODIES = [
    Attempt("a login at the endpoint", ("Content-Type: application/x-www-form-urlencoded",), method="POST",
            body="user=bob&password=secret"),
    Attempt("a variable as a form", ("Content-Type: application/x-www-form-urlencoded",), method="POST", body="CHARTS_USER=bob"),
    Attempt("a form on GET for the application", ("Content-Type: application/x-www-form-urlencoded",), body="CHARTS_USER=bob"),
    Attempt("a JWT as a form", ("Content-Type: application/x-www-form-urlencoded",), method="POST",
            body="access_token=" + jwt.encode(BOB, OTHER_SECRET)),
]

PATHS = [
    Attempt(f"path {path}", target=path)
    for path in [
        "/_whoami", "/_whoami?user=bob", "/whoami", "/whoami.php", "/%5fwhoami", "//_whoami", "/authorizer/generate-token",
        "/generate-token.php?CHARTS_USER=bob", "/generate-token.phps", "/generate-token.php.example", "/login.php?user=bob",
    ]
]

APPLICATION_ATTEMPTS = [*HEADERS, *COOKIES, *QUERIES, *BODIES, *PATHS]
