"""Every way a web server can run the program, each as a class that makes a site of it.

What is tested is what is shipped: apache/charts-token.conf, apache/htaccess.example, apache/generate-token.example
and lighttpd/*.conf.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from Support.apache import Apache
from Support.lighttpd import Lighttpd
from Support.repository import HTDOCS, REPOSITORY
from Support.responder import Responder
from Support.servers import IS_ROOT, SERVER_USER, Server
from Support.tokens import KEY, SETTINGS

INCLUDE = REPOSITORY / "apache" / "charts-token.conf"
HTACCESS = REPOSITORY / "apache" / "htaccess.example"
LIGHTTPD = REPOSITORY / "lighttpd"
WRAPPER = REPOSITORY / "apache" / "generate-token.example"


def put_key(path: Path, key: str) -> None:
    """Puts a key at `path` as one should: whole, by renaming, whatever lies there."""
    new = path.with_name("new")
    new.write_text(key + "\n")
    new.chmod(0o640)
    if IS_ROOT:
        shutil.chown(new, "root", SERVER_USER)
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    new.rename(path)


def write_for_server(path: Path, text: str) -> None:
    """Writes a file that nobody but root and the web server's user can read."""
    path.touch(mode=0o640)
    path.write_text(text)
    if IS_ROOT:
        shutil.chown(path, "root", SERVER_USER)


class Site:
    """A web server with the endpoint at /generate-token."""

    # Plain CGI starts the program anew for each request, so that it can't remember what it has logged.
    is_cgi = False
    # What starts the program, where the web server doesn't.
    responder_type = Responder

    def __init__(
        self, directory: Path, program: Path, *, key: str | None = KEY, secret: str | None = None,
        settings: Mapping[str, str] = SETTINGS, config: str = "", global_config: str = "",
    ) -> None:
        self.directory = directory
        self.program = program
        self.settings = dict(settings)
        self.config = config
        self.global_config = global_config
        self.responder: Responder | None = None
        self.htdocs = directory / "page"
        shutil.copytree(HTDOCS, self.htdocs, dirs_exist_ok=True)
        self.key_conf = directory / "key.conf"
        self.secret = secret
        self.write_key(key)
        self.write_secret()
        self.server = self.make_server(key)

    def make_server(self, key: str | None) -> Server:
        """The web server, not yet started, with the key that it or the program is to have."""
        raise NotImplementedError

    def write_key(self, key: str | None) -> None:
        """Writes the key where only root can read it, as apache/charts-token.conf says."""
        if key is not None:
            self.key_conf.touch(mode=0o600)
            self.key_conf.write_text(f'Define CHARTS_TOKEN_KEY "{key}"\n')

    def write_secret(self) -> None:
        """Writes the server's secret where only root can read it, as apache/charts-token.conf says."""
        if self.secret is not None:
            self.secret_conf.touch(mode=0o600)
            self.secret_conf.write_text(f'Define CHARTS_TOKEN_SERVER_SECRET "{self.secret}"\n')

    @property
    def secret_conf(self) -> Path:
        return self.directory / "server-secret.conf"

    def responder_environment(self, key: str | None) -> dict[str, str]:
        """What a responder that the web server doesn't start has to know."""
        secrets = {"TINYBIRD_SIGNING_KEY": key, "TINYBIRD_SERVER_SECRET": self.secret}
        return {name: value for name, value in secrets.items() if value is not None}

    @property
    def url(self) -> str:
        return f"{self.server.url}/generate-token"

    def start(self) -> None:
        if self.responder:
            self.responder.start()
        self.server.start()

    def close(self) -> None:
        self.server.close()
        if self.responder:
            self.responder.close()

    def log(self) -> str:
        return self.server.log() + (self.responder.log() if self.responder else "")

    def apache(self, modules: list[str], *defines: str, base: tuple[str, ...] = Apache.BASE_MODULES) -> Apache:
        """Apache with the include, in the three lines that it asks for."""
        lines = [
            f"Define CHARTS_TOKEN_PROGRAM {self.program}",
            f"Define CHARTS_TOKEN_HTDOCS {self.htdocs}",
            f"Define CHARTS_TOKEN_KEY_CONF {self.key_conf}",
            f"Define CHARTS_TOKEN_SECRET_CONF {self.secret_conf}",
            *defines,
            *(f'SetEnv {name} "{value}"' for name, value in self.settings.items()),
            f"Include {INCLUDE}",
            self.config,
        ]
        return Apache(
            self.directory, "\n".join(lines), modules, base_modules=base, global_config=self.global_config)


def assert_error_is_logged(site: Site, text: str, requests: int) -> None:
    """Each process logs an error once, of however many requests; a server may start a second process when the first one
    has only just answered."""
    lines = [line for line in site.log().splitlines() if "charts-token: error:" in line]
    assert len(lines) == requests if site.is_cgi else 1 <= len(lines) <= 2 < requests, lines
    assert all(text in line for line in lines), lines


class ModFcgid(Site):
    def make_server(self, key: str | None) -> Server:
        return self.apache(["fcgid", "headers"])


class ModProxyFcgi(Site):
    proxy = ""

    def make_server(self, key: str | None) -> Server:
        responder = self.directory / "responder"
        responder.mkdir(exist_ok=True)
        self.responder = self.responder_type(responder, self.program, self.responder_environment(key))
        return self.apache(
            ["proxy", "proxy_fcgi", "headers"],
            f"Define CHARTS_TOKEN_SOCKET {self.responder.socket}", self.proxy.format(self.responder.backend))

    def write_key(self, key: str | None) -> None:
        """Apache doesn't know the key."""


class ModProxyFcgiReuse(ModProxyFcgi):
    proxy = '<Proxy "{}">\nProxySet enablereuse=on\n</Proxy>'


class ModCgid(Site):
    is_cgi = True

    def make_server(self, key: str | None) -> Server:
        return self.apache(["cgid", "headers"], "Define CHARTS_TOKEN_BY cgi")


class Htaccess(Site):
    """A shared host: nothing but a document root and .htaccess, with what is usually allowed in it."""

    module = "fcgid"
    example = HTACCESS

    def make_server(self, key: str | None) -> Server:
        server = Apache(self.directory, "", [self.module, "headers"], global_config=self.global_config)
        server.config = "\n".join([
            f"<Directory {server.document_root}>",
            "AllowOverride FileInfo AuthConfig Options=ExecCGI",
            "</Directory>",
            '<FilesMatch "^\\.ht">', "Require all denied", "</FilesMatch>",
            self.config])
        self.install(server.document_root, {} if key is None else {"TINYBIRD_SIGNING_KEY": key})
        return server

    def install(self, document_root: Path, key: Mapping[str, str]) -> None:
        """The program itself as `generate-token`, the settings in .htaccess."""
        os.link(self.program, document_root / "generate-token")
        lines = [f'SetEnv {name} "{value}"' for name, value in {**key, **self.settings}.items()]
        (document_root / ".htaccess").write_text(HTACCESS.read_text() + "\n".join(lines) + "\n")


class HtaccessCgi(Htaccess):
    module = "cgid"
    is_cgi = True


class HtaccessWrapper(Htaccess):
    """The wrapper as `generate-token`; the program and the settings lie outside of the document root."""

    def install(self, document_root: Path, key: Mapping[str, str]) -> None:
        home = self.directory / "home"
        home.mkdir()
        environment = home / "charts-token.env"
        environment.write_text("".join(f"{name}='{value}'\n" for name, value in {**key, **self.settings}.items()))
        wrapper = document_root / "generate-token"
        text = WRAPPER.read_text()
        assert "/home/user/charts-token/charts-token.env" in text and "/home/user/charts-token/charts-token\n" in text
        text = text.replace("/home/user/charts-token/charts-token.env", str(environment))
        text = text.replace("/home/user/charts-token/charts-token\n", f"{self.program}\n")
        wrapper.write_text(text)
        wrapper.chmod(0o755)
        shutil.copy(HTACCESS, document_root / ".htaccess")


class HtaccessWrapperCgi(HtaccessWrapper):
    module = "cgid"
    is_cgi = True


class LighttpdFastCgi(Site):
    include = "charts-token.conf"

    def make_server(self, key: str | None) -> Server:
        settings = self.settings if key is None else {"TINYBIRD_SIGNING_KEY": key, **self.settings}
        pairs = "".join(f'  "{name}" => "{value}",\n' for name, value in settings.items())
        # Read again as the server's own user at a reload, who may not reach this repository.
        include = shutil.copy(LIGHTTPD / self.include, self.directory)
        lines = [
            f'var.charts_token_program = "{self.program}"',
            f'var.charts_token_htdocs = "{self.htdocs}"',
            f"var.charts_token_settings = (\n{pairs})",
            # Debian's is /run/lighttpd, which its package makes.
            f'var.charts_token_socket = "{self.directory}/run/charts-token.sock"',
            f'include "{include}"',
            f'include "{shutil.copy(LIGHTTPD / "charts-token-page.conf", self.directory)}"',
            self.config,
        ]
        return Lighttpd(self.directory, "\n".join(lines))


class LighttpdCgi(LighttpdFastCgi):
    include = "charts-token-cgi.conf"
    is_cgi = True


class LighttpdService(LighttpdFastCgi):
    """systemd starts the program, or spawn-fcgi here."""

    def make_server(self, key: str | None) -> Server:
        responder = self.directory / "responder"
        responder.mkdir()
        self.responder = self.responder_type(responder, self.program, self.responder_environment(key))
        page = shutil.copy(LIGHTTPD / "charts-token-page.conf", self.directory)
        text = (LIGHTTPD / "charts-token-service.conf").read_text()
        settings = "".join(f'        "{name}" => "{value}",\n' for name, value in self.settings.items())
        for old, new in {
            "/run/charts-token/charts-token.sock": str(self.responder.socket),
            "/usr/share/charts-token/htdocs": str(self.htdocs),
            "/usr/share/charts-token/lighttpd/charts-token-page.conf": page,
            '"…"': f'"{self.secret or ""}"',
            "        # Settings of this server, and variables for its logins.\n": settings,
        }.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        include = self.directory / "charts-token-service.conf"
        write_for_server(include, text)
        return Lighttpd(self.directory, f'include "{include}"\n{self.config}')

    def write_key(self, key: str | None) -> None:
        """lighttpd doesn't know the key."""

    def write_secret(self) -> None:
        """It is in the file."""


TRANSPORTS: dict[str, type[Site]] = {
    "apache mod_fcgid": ModFcgid,
    "apache mod_proxy_fcgi": ModProxyFcgi,
    "apache mod_proxy_fcgi with enablereuse": ModProxyFcgiReuse,
    "apache mod_cgid": ModCgid,
    ".htaccess with mod_fcgid": Htaccess,
    ".htaccess with mod_cgid": HtaccessCgi,
    ".htaccess with wrapper and mod_fcgid": HtaccessWrapper,
    ".htaccess with wrapper and mod_cgid": HtaccessWrapperCgi,
    "lighttpd FastCGI": LighttpdFastCgi,
    "lighttpd with a service": LighttpdService,
    "lighttpd CGI": LighttpdCgi,
}
