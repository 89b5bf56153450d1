"""Logins of real web servers in front of the endpoint: Basic, and client certificates.

Everybody's password is PASSWORD. The settings put whoever the server says it is into each place of the token that
takes a name.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import jwt

from Support.curl import Answer
from Support.lighttpd import Lighttpd
from Support.tokens import KEY, PIPE, SETTINGS, WORKSPACE
from Support.transports import Htaccess, LighttpdFastCgi, Site

PASSWORD = "secret"
BASIC_MODULES = ("authn_core", "authn_file", "auth_basic", "authz_user")
RENEWAL = "7d"
PER_USER = {
    "TINYBIRD_PIPES": PIPE,
    "TINYBIRD_FIXED_PARAMS": "org_id=%{REMOTE_USER}",
    "TINYBIRD_TOKEN_NAME": "charts of %{REMOTE_USER}",
}


def claims_of(name: str) -> dict:
    """What a token says that is `name`'s and nobody else's, apart from times."""
    return {
        "workspace_id": WORKSPACE, "name": f"charts of {name}",
        "scopes": [{"type": "PIPES:READ", "resource": PIPE, "fixed_params": {"org_id": name}}]}


def claims(token: str, key: str = KEY) -> dict:
    """A token's claims, its signature and expiry checked, apart from times."""
    verified = jwt.decode(token, key, algorithms=["HS256"], options={"verify_iat": False})
    return {name: value for name, value in verified.items() if name not in {"exp", "iat"}}


def assert_token_of(answer: Answer, name: str) -> str:
    """Checks that the answer is a token with exactly the claims of `name`; returns it."""
    assert answer.status == 200, answer
    token = json.loads(answer.body)["token"]
    assert claims(token) == claims_of(name)
    return token


def assert_no_token(answer: Answer, *statuses: int) -> None:
    assert answer.status in statuses, answer
    assert b"eyJ" not in answer.body


def users_file(directory: Path, names: Iterable[str] = ("alice", "bob")) -> Path:
    """An htpasswd file."""
    path = directory / "users"
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()
    path.write_text("".join(f"{name}:{{SHA}}{digest}\n" for name in names))
    return path


def basic_lines(users: Path) -> list[str]:
    """Apache's lines for a Basic login, inside of a section."""
    return ["AuthType Basic", "AuthName Charts", f"AuthUserFile {users}", "Require valid-user"]


def with_renewal(by: type[Site], directory: Path, program: Path, **options) -> Site:
    """A site by any transport, not yet started, that renews tokens; configured as the example or the include says."""
    settings = options.pop("settings", SETTINGS)
    if issubclass(by, Htaccess):
        site = by(directory, program, settings={**settings, "TINYBIRD_RENEWAL_WINDOW": RENEWAL}, **options)
        htaccess = site.server.document_root / ".htaccess"
        htaccess.write_text(htaccess.read_text().replace("    # CGIPassAuth On\n", "    CGIPassAuth On\n"))
        assert "\n    CGIPassAuth On\n" in htaccess.read_text()
        return site
    if issubclass(by, LighttpdFastCgi):
        return by(directory, program, settings={**settings, "TINYBIRD_RENEWAL_WINDOW": RENEWAL}, **options)
    # In front of the Include.
    return by(directory, program, settings=settings, global_config=f"Define CHARTS_TOKEN_RENEWAL {RENEWAL}", **options)


def with_basic_login(
    by: type[Site], directory: Path, program: Path, names: Iterable[str] = ("alice", "bob"), *,
    renewal: bool = False, **options
) -> Site:
    """A site by any transport, not yet started, whose endpoint asks for a password."""
    make = partial(with_renewal, by) if renewal else by
    users = users_file(directory, names)
    options.setdefault("settings", PER_USER)
    config = options.pop("config", "")
    if issubclass(by, LighttpdFastCgi):
        site = make(directory, program, config=config + "\n".join([
            'auth.backend = "htpasswd"', f'auth.backend.htpasswd.userfile = "{users}"',
            'auth.require = ("/generate-token" => '
            '("method" => "basic", "realm" => "Charts", "require" => "valid-user"))']), **options)
        site.server.modules += ["mod_auth", "mod_authn_file"]
        return site
    lines = basic_lines(users)
    if issubclass(by, Htaccess):
        site = make(directory, program, config=config, **options)
        with (site.server.document_root / ".htaccess").open("a") as htaccess:
            htaccess.write("\n".join(['<Files "generate-token">', *lines, "</Files>", ""]))
    else:
        guard = ['<Location "/generate-token">', *lines, "</Location>"]
        site = make(directory, program, config=config + "\n".join(guard), **options)
    site.server.modules += BASIC_MODULES
    return site


class Certificates:
    """A certificate authority, the server's certificate, and one for each visitor."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir()
        self._visitors: dict[str, tuple[str, str]] = {}
        self.authority = self._authority("authority")
        self._issue("server", "/CN=localhost", self.authority, "subjectAltName=IP:127.0.0.1,DNS:localhost")

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=60)

    def path(self, name: str, kind: str = "pem") -> Path:
        return self.directory / f"{name}.{kind}"

    def _new_key(self) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

    def _authority(self, name: str) -> str:
        self._openssl("req", "-x509", *self._new_key(), "-days", "2", "-subj", f"/CN={name}",
                      "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                      "-keyout", str(self.path(name, "key")), "-out", str(self.path(name)))
        return name

    def _issue(self, name: str, subject: str, authority: str, extension: str | None = None) -> None:
        request = self.path(name, "csr")
        self._openssl("req", "-new", *self._new_key(), "-utf8", "-subj", subject,
                      "-keyout", str(self.path(name, "key")), "-out", str(request))
        options = []
        if extension:
            self.path(name, "ext").write_text(extension)
            options = ["-extfile", str(self.path(name, "ext"))]
        self._openssl("x509", "-req", "-in", str(request), "-days", "2", "-CA", str(self.path(authority)),
                      "-CAkey", str(self.path(authority, "key")), "-CAcreateserial", "-out", str(self.path(name)),
                      *options)

    def visitor(self, name: str, subject: str, authority: str | None = None) -> list[str]:
        """Makes a certificate, unless the visitor has it; returns curl's options for them."""
        made = (subject, authority or self.authority)
        if self._visitors.get(name) != made:
            self._issue(name, *made)
            self._visitors[name] = made
        return ["--cert", str(self.path(name)), "--key", str(self.path(name, "key"))]

    def forged(self, name: str, subject: str) -> list[str]:
        """A certificate by an authority that nobody trusts."""
        if not self.path("forger").exists():
            self._authority("forger")
        return self.visitor(name, subject, "forger")

    @property
    def trust(self) -> list[str]:
        """curl's option to trust the server."""
        return ["--cacert", str(self.path(self.authority))]


def with_certificates(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, *,
    verify: str = "require", lines: Iterable[str] = ("SSLUserName SSL_CLIENT_S_DN_CN",), renewal: bool = False, **options
) -> Site:
    """A site over TLS, not yet started, that knows its visitors by their certificates."""
    make = partial(with_renewal, by) if renewal else by
    options.setdefault("settings", PER_USER)
    pem, key, authority = (
        certificates.path("server"), certificates.path("server", "key"), certificates.path(certificates.authority))
    if issubclass(by, LighttpdFastCgi):
        site = make(directory, program, config="\n".join([
            'ssl.engine = "enable"', f'ssl.pemfile = "{pem}"', f'ssl.privkey = "{key}"',
            # Before 1.4.60 (Debian 11), lighttpd knows the second by the first's name alone.
            f'ssl.ca-file = "{authority}"', f'ssl.verifyclient.ca-file = "{authority}"',
            'ssl.verifyclient.activate = "enable"',
            f'ssl.verifyclient.enforce = "{"enable" if verify == "require" else "disable"}"',
            'ssl.verifyclient.username = "SSL_CLIENT_S_DN_CN"']), **options)
        assert isinstance(site.server, Lighttpd)
        site.server.modules.append("mod_openssl")
    else:
        site = make(directory, program, config="\n".join([
            "SSLEngine on", "SSLSessionCache none", f"SSLCertificateFile {pem}", f"SSLCertificateKeyFile {key}",
            f"SSLCACertificateFile {authority}", f"SSLVerifyClient {verify}", *lines]), **options)
        site.server.modules.append("ssl")
    site.server.scheme = "https"
    return site

