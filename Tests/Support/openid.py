"""Sites behind mod_auth_openidc, and a stand-in for its provider (OpenID Connect Core 1.0 §3.1, Discovery 1.0).

The provider signs ID tokens by HS256 with the client's secret, so that it needs no key of its own. Who asks is signed in
at once, as whom the test says, in place of a form with a password.
"""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from Support.curl import Answer, fetch
from Support.logins import PER_USER
from Support.readme import block
from Support.transports import Site

CLIENT = "charts"
SECRET = "the client's secret, known to both"
# Outside of ISO-8859-1, but for the last.
NAMES = ["日本", "中国", "a’b", "älice"]
BY_ORG = {name: value.replace("REMOTE_USER", "OIDC_CLAIM_org") for name, value in PER_USER.items()}


class Provider(BaseHTTPRequestHandler):
    """Answers for one server, whose `claims` are those of whoever signs in next."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path)
        issuer = self.server.issuer
        if path.path == "/.well-known/openid-configuration":
            return self._json({
                "issuer": issuer, "authorization_endpoint": f"{issuer}/authorize", "token_endpoint": f"{issuer}/token",
                "jwks_uri": f"{issuer}/keys", "response_types_supported": ["code"],
                "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["HS256"],
                "token_endpoint_auth_methods_supported": ["client_secret_basic"]})
        if path.path == "/keys":
            return self._json({"keys": []})
        query = {name: values[0] for name, values in parse_qs(path.query).items()}
        code = str(len(self.server.codes))
        self.server.codes[code] = {**self.server.claims, "nonce": query["nonce"]}
        self.send_response(302)
        self.send_header("Location", query["redirect_uri"] + "?" + urlencode({"code": code, "state": query["state"]}))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        now = int(time.time())
        claims = {
            **self.server.codes.pop(form["code"][0]), "iss": self.server.issuer, "aud": CLIENT, "iat": now, "exp": now + 60}
        token = jwt.encode(claims, SECRET, algorithm="HS256")
        # Debian 11's PyJWT 1 returns bytes.
        text = token if isinstance(token, str) else token.decode()
        self._json({"access_token": "x", "token_type": "Bearer", "id_token": text})

    def _json(self, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class OpenIDServer(ThreadingHTTPServer):
    """The provider, on a free loopback port, for as long as a `with` lasts."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Provider)
        self.claims: dict[str, object] = {"sub": "nobody"}
        self.codes: dict[str, dict] = {}
        self.issuer = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def server_close(self) -> None:
        self.shutdown()
        super().server_close()


def with_openid(
    by: type[Site], directory: Path, program: Path, provider: OpenIDServer, settings: dict[str, str] = BY_ORG
) -> Site:
    """A site under Apache, not yet started, whose visitors sign in at the provider."""
    site = by(directory, program, settings=settings)
    recipe = block("openid", **{"https://accounts.example.com": provider.issuer, 'Secret "…"': f'Secret "{SECRET}"'})
    assert f"OIDCClientID {CLIENT}\n" in recipe
    site.server.config += "\n" + recipe.partition("SetEnv ")[0]
    site.server.modules += ["authn_core", "authz_user", "auth_openidc"]
    return site


class Browser:
    """curl with a cookie jar, that follows redirects as a browser does."""

    def __init__(self, jar: Path) -> None:
        self.jar = str(jar)

    def get(self, url: str, *options: str) -> Answer:
        # The last of several answers: the others are redirects, whose bodies curl throws away.
        answer = fetch(url, "--cookie", self.jar, "--cookie-jar", self.jar, "--location", *options)
        while answer.body.startswith(b"HTTP/"):
            head, _, body = answer.body.partition(b"\r\n\r\n")
            answer = Answer(int(head.split()[1]), {}, body)
        return answer

    def cookies(self) -> dict[str, str]:
        """What servers have set, by name (the jar has seven fields a line)."""
        lines = [line.split("\t") for line in Path(self.jar).read_text().splitlines()]
        return {fields[5]: fields[6] for fields in lines if len(fields) == 7}
