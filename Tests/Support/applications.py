"""Sites whose own application signs visitors in, by each recipe of apache/LOGINS.md, as it stands there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from Support.apache import Apache
from Support.curl import Answer
from Support.logins import PASSWORD
from Support.openid import Browser
from Support.php import (
    HOSTS,
    LOGIN,
    Fpm,
    apache_with_fpm,
    lighttpd_lines,
    mod_php,
    nginx_lines,
    nginx_with_fpm,
)
from Support.readme import block, changed
from Support.recipes import Nginx
from Support.repository import REPOSITORY
from Support.responder import Responder
from Support.servers import Server
from Support.tokens import KEY, PIPE, SETTINGS
from Support.transports import LighttpdFastCgi, ModCgid, ModFcgid, ModProxyFcgi, Site, put_key

EXAMPLE = REPOSITORY / "apache/generate-token.php.example"
# The secrets that applications sign their cookies with, and the one that a responder knows its web server by.
COOKIE_SECRET = "0123456789abcdef0123456789abcdef"
SERVER_SECRET = "5e0f7d1c"


class Application:
    """A web server and what it needs, not yet started; visitors sign in at /login.php."""

    endpoint = "/generate-token"
    # Whether somebody who isn't signed in is told 401 instead of 403.
    refusal = 403
    fpm_lines: tuple[str, ...] = ()
    cookie = "PHPSESSID"
    # Whether that is a JWT, or looks like one.
    cookie_is_token = False
    login = LOGIN
    uses_fpm = True

    def __init__(self, directory: Path, program: Path) -> None:
        self.directory = directory
        self.program = program
        self.fpm = Fpm(directory / "fpm", self.fpm_lines)
        self.web = directory / "web"
        self.web.mkdir()
        self.servers: list[Server | Site] = [self.fpm] if self.uses_fpm else []
        self.site = self.make_site()
        self.servers.append(self.site)
        self.install()

    def make_site(self) -> Server | Site:
        """The web server."""
        raise NotImplementedError

    def install(self) -> None:
        (self.root / "login.php").write_text(self.login)

    @property
    def root(self) -> Path:
        """The document root."""
        root = self.web / "htdocs"
        root.mkdir(exist_ok=True)
        return root

    @property
    def server(self) -> Server:
        return self.site.server if isinstance(self.site, Site) else self.site

    @property
    def url(self) -> str:
        return self.server.url + self.endpoint

    def start(self) -> None:
        for server in self.servers:
            server.start()

    def close(self) -> None:
        for server in reversed(self.servers):
            server.close()

    def log(self) -> str:
        return "".join(server.log() for server in self.servers)

    def sign_in(self, browser: Browser, name: str, password: str = PASSWORD) -> Answer:
        return browser.get(
            f"{self.server.url}/login.php", "--data", f"user={quote(name, safe='')}", "--data", f"password={password}")

    def sign_out(self, browser: Browser) -> None:
        browser.get(f"{self.server.url}/login.php")

    def header(self, browser: Browser) -> tuple[str, ...]:
        """The header by which a visitor who has signed in is known."""
        return (f"Cookie: {self.cookie}={browser.cookies()[self.cookie]}",)


class ByProgram(Application):
    """The example: PHP runs the program."""

    endpoint = "/generate-token.php"
    host: Callable[[Path, Fpm], Server]

    def make_site(self) -> Server:
        return type(self).host(self.web, self.fpm)

    def install(self) -> None:
        super().install()
        key = self.directory / "key"
        put_key(key, KEY)
        (self.root / "generate-token.php").write_text(changed(EXAMPLE.read_text(), {
            "/home/user/charts-token/charts-token": self.program, "/home/user/charts-token/key": key, "sales_by_city": PIPE}))


class BySocket(ByProgram):
    """PHP speaks FastCGI to a service, which wants a secret of it."""

    fpm_lines = (block("php-socket-secret").replace("…", SERVER_SECRET),)

    def install(self) -> None:
        Application.install(self)
        directory = self.directory / "responder"
        directory.mkdir()
        self.responder = Responder(
            directory, self.program, {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_SERVER_SECRET": SERVER_SECRET})
        self.servers.insert(0, self.responder)
        (self.root / "generate-token.php").write_text(block("php-socket", **{
            "/run/charts-token/charts-token.sock": self.responder.socket, "sales_by_city": PIPE}))


class ByAuthRequest(Application):
    """nginx asks the application."""

    def make_site(self) -> Site:
        site = Nginx(self.web, self.program)
        path = self.web / "charts-token.conf"
        location = "location = /generate-token {\n"
        assert path.read_text().count(location) == 1
        path.write_text(path.read_text().replace(location, location + block("auth-request")))
        self.whoami = self.directory / "whoami.php"
        self.whoami.write_text(block("whoami"))
        with path.open("a") as file:
            file.write(nginx_lines(self.fpm, self.root) + block("auth-request-whoami", **{
                "/run/php/php-fpm.sock": self.fpm.socket, "/srv/site/whoami.php": self.whoami}))
        return site


class ByAuthorizer(Application):
    """lighttpd asks the application."""

    def make_site(self) -> Site:
        pool = Fpm(self.directory / "authorizer", [block("authorizer-pool")])
        self.servers.append(pool)
        scripts = self.directory / "scripts"
        scripts.mkdir()
        self.whoami = scripts / "generate-token"
        self.whoami.write_text(block("whoami", **{"X-Charts-User": "Variable-CHARTS_USER"}))
        settings = {
            "TINYBIRD_FIXED_PARAMS": "org_id=%{CHARTS_USER}", "TINYBIRD_TOKEN_NAME": "charts of %{CHARTS_USER}"}
        return LighttpdFastCgi(self.web, self.program, settings={**SETTINGS, **settings}, config=block("authorizer", **{
            "/run/php/charts-authorizer.sock": pool.socket, "/srv/site/authorizer": scripts}) + lighttpd_lines(self.fpm))


class ByJWTCookie(Application):
    """Apache verifies the JWT that the application has put into a cookie."""

    refusal = 401
    cookie = "charts_user"
    cookie_is_token = True
    by: type[Site]
    uses_fpm = False
    login = LOGIN.replace("if (", f"$secret = '{COOKIE_SECRET}';\nsetcookie('charts_user', '', ['path' => '/generate-token']);\nif (")
    login = login.replace("} else", block("jwt-cookie-php") + "} else")

    def make_site(self) -> Site:
        site = type(self).by(self.web, self.program, config=block("jwt-cookie", **{"…": COOKIE_SECRET}))
        site.server.modules += ["authn_core", "authz_user", "auth_openidc"]
        mod_php(site.server)
        return site


class ByFlask(Application):
    """A Flask application, under mod_wsgi, runs the program."""

    cookie = "session"
    cookie_is_token = True
    uses_fpm = False

    def make_site(self) -> Server:
        self.root.mkdir(exist_ok=True)
        script = self.directory / "site.wsgi"
        key = self.directory / "key"
        put_key(key, KEY)
        script.write_text(block("python", **{
            "/home/user/charts-token/charts-token": self.program, "/home/user/charts-token/key": key,
            '"…"': f'"{COOKIE_SECRET}"', "sales_by_city": PIPE}) + f"""

@app.route("/login.php", methods=["GET", "POST"])
def login():
    session.clear()
    if request.form.get("password") == "{PASSWORD}":
        session["user"] = request.form["user"]
    return ""


application = app
""")
        return Apache(self.web, "\n".join([
            # A process of its own, which ends when Apache does; in Apache's own it takes 10 s.
            f"WSGISocketPrefix {self.directory}/wsgi", "WSGIDaemonProcess site shutdown-timeout=1",
            "WSGIProcessGroup site", "WSGIApplicationGroup %{GLOBAL}",
            f"WSGIScriptAlias / {script}", f"<Directory {self.directory}>", "Require all granted", "</Directory>"]), ["wsgi"])

    def install(self) -> None:
        """Has its own login."""


def variant(base: type[Application], **attributes: object) -> type[Application]:
    return type(base.__name__, (base,), attributes)


APPLICATIONS: dict[str, type[Application]] = {
    **{f"PHP runs the program: {name}": variant(ByProgram, host=staticmethod(host)) for name, host in HOSTS.items()},
    "PHP asks the socket: Apache": variant(BySocket, host=staticmethod(apache_with_fpm)),
    "PHP asks the socket: nginx": variant(BySocket, host=staticmethod(nginx_with_fpm)),
    "Flask runs the program": ByFlask,
    "nginx auth_request": ByAuthRequest,
    "lighttpd authorizer": ByAuthorizer,
    "Apache with a JWT in a cookie: mod_fcgid": variant(ByJWTCookie, by=ModFcgid),
    "Apache with a JWT in a cookie: mod_proxy_fcgi": variant(ByJWTCookie, by=ModProxyFcgi),
    "Apache with a JWT in a cookie: mod_cgid": variant(ByJWTCookie, by=ModCgid),
}
