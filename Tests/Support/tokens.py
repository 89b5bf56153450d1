"""The guide's settings, and what its token says. The facts are Tinybird's documentation's."""

from __future__ import annotations

import base64
import json
import time

import jwt

KEY = (
    "p.eyJ1IjogIjFmNDg0YTMyLTY5NjYtNGY2My05MzEyLWFhZGFkNjRkM2UxMiIsICJpZCI6ICJ0ZXN0LWtleSJ9"
    ".not-a-real-signature"
)
# Of the same length, so that a file's size doesn't tell them apart.
OTHER_KEY = KEY.replace("not-a-real", "yet-a-real")
WORKSPACE = "1f484a32-6966-4f63-9312-aadad64d3e12"
PIPE = "t_b9427fe2bcd543d1a8923d18c094e8c1"
SETTINGS = {"TINYBIRD_PIPES": PIPE}
LIFETIME = 48 * 3600


def signed_by(token: str, key: str = KEY) -> bool:
    """Whether `token` verifies with `key`."""
    try:
        jwt.decode(token, key, algorithms=["HS256"])
        return True
    except jwt.InvalidSignatureError:
        return False


def part(token: str, index: int) -> str:
    """The header (0) or the claims (1) of a token, as the text that was signed."""
    encoded = token.split(".")[index]
    return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()


def assert_the_guides_token(body: bytes, key: str = KEY) -> str:
    """Checks an answer's body to the byte; returns the token in it."""
    now = time.time()
    answer = json.loads(body)
    token = answer["token"]
    assert body.decode() == f'{{"token":"{token}","expires_in":{LIFETIME}}}'
    assert part(token, 0) == '{"alg":"HS256","typ":"JWT"}'
    claims = jwt.decode(token, key, algorithms=["HS256"])
    assert isinstance(claims["exp"], int)
    assert abs(claims["exp"] - now - LIFETIME) <= 60
    assert part(token, 1) == (
        f'{{"workspace_id":"{WORKSPACE}","name":"charts_token","exp":{claims["exp"]},'
        f'"scopes":[{{"type":"PIPES:READ","resource":"{PIPE}"}}]}}')
    return token
