"""Web servers that start no programs, each with its file from packaging/, in front of a responder.

What a file holds as a comment without a space behind its sign (`#auth_basic …`) is for who wants it; each class names
the lines that make a login, and those that turn renewal on.
"""

from __future__ import annotations

import signal
from collections.abc import Iterable
from pathlib import Path

from Support.logins import PASSWORD
from Support.repository import REPOSITORY
from Support.servers import IS_ROOT, SERVER_USER, Server
from Support.transports import Site, write_for_server

PACKAGING = REPOSITORY / "packaging"
# By bcrypt, with the fewest rounds: crypt(3) knows it, which nginx and HAProxy call, and so does Caddy.
assert PASSWORD == "secret"
PASSWORD_HASH = "$2b$04$z8EGKACTZejqwjN8j15YCe9j7uHTD2HH46jDaaDnqBmf2kvtUoqeu"


class Recipe(Site):
    """A site by a file from packaging/; with `names`, behind a login of those."""

    recipe: Path
    socket = "/run/charts-token/charts-token.sock"
    login: tuple[str, ...]
    # Lines that renewal needs, and those that are in its way.
    renewing: tuple[str, ...] = ()
    not_renewing: tuple[str, ...] = ()
    # Its file's: root alone reads it.
    mode = 0o600
    # The line that shows the program whom a request comes from.
    secrets: tuple[str, ...]

    def __init__(
        self, directory: Path, program: Path, *, names: Iterable[str] = (), renewal: bool = False, **options
    ) -> None:
        self.names = list(names)
        self.renewal = renewal
        super().__init__(directory, program, **options)

    def write_key(self, key: str | None) -> None:
        """The web server doesn't know the key."""

    def write_secret(self) -> None:
        """It is in the file, or in the web server's environment."""

    def make_server(self, key: str | None) -> Server:
        backend = self.directory / "responder"
        backend.mkdir()
        self.responder = self.responder_type(backend, self.program, self.responder_environment(key))
        # What the file sets comes with the request, and hides this.
        self.responder.environment |= self.settings
        text = self.recipe.read_text().replace("sales_by_city", self.settings["TINYBIRD_PIPES"])
        for lines, wanted in ((self.login, self.names), (self.renewing, self.renewal), (self.secrets, self.secret)):
            for line in lines if wanted else ():
                assert text.count(f"#{line}") == 1, line
                text = text.replace(f"#{line}", line)
        text = text.replace('SECRET "…"', f'SECRET "{self.secret}"')
        for line in self.not_renewing if self.renewal else ():
            assert text.count(line) == 1, line
            text = text.replace(line, f"#{line}")
        for path, ours in self.paths().items():
            assert path in text
            text = text.replace(path, ours)
        write_for_server(self.directory / self.recipe.name, text)
        (self.directory / self.recipe.name).chmod(self.mode)
        return self.web_server()

    def paths(self) -> dict[str, str]:
        """The paths of an installed system, and this test's."""
        users = self.directory / "users"
        users.write_text(self.users())
        return {
            self.socket: str(self.responder.socket), self.users_path: str(users),
            "/usr/share/charts-token/htdocs": str(self.htdocs)}

    users_path: str

    def users(self) -> str:
        """Who may sign in, with PASSWORD, as the server's own file."""
        raise NotImplementedError

    def web_server(self) -> Server:
        raise NotImplementedError


class NginxServer(Server):
    """nginx with one server { … } that includes a file."""

    serving = "start worker process"
    reload_signal = signal.SIGHUP
    # Lines outside of server { … }.
    global_config = ""

    def command(self) -> list[str]:
        path = self.directory / "nginx.conf"
        user = f"user {SERVER_USER};" if IS_ROOT else ""
        temporary = "".join(
            f"{name}_temp_path {self.directory}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        path.write_text(
            f"{user} daemon off; pid {self.directory}/nginx.pid; error_log {self.error_log} notice;\n"
            f"events {{ worker_connections 512; }}\n"
            f"http {{ include /etc/nginx/mime.types; access_log off; {temporary}\n"
            f"{self.global_config}\n"
            f"server {{ listen 127.0.0.1:{self.port}; include {self.directory}/charts-token.conf; }} }}\n")
        return ["/usr/sbin/nginx", "-p", str(self.directory), "-c", str(path)]


class Nginx(Recipe):
    recipe = PACKAGING / "nginx/charts-token.conf"
    secrets = ("fastcgi_param TINYBIRD_SERVER_SECRET",)
    login = (
        "satisfy all", "auth_basic ", "auth_basic_user_file", "fastcgi_param REMOTE_USER",
        "fastcgi_param TINYBIRD_FIXED_PARAMS")
    renewing = ("fastcgi_param TINYBIRD_RENEWAL_WINDOW",)
    not_renewing = ("fastcgi_param HTTP_AUTHORIZATION",)
    users_path = "/etc/nginx/charts.users"

    def users(self) -> str:
        return "".join(f"{name}:{PASSWORD_HASH}\n" for name in self.names)

    def web_server(self) -> Server:
        return NginxServer(self.directory)


class HaproxyServer(Server):
    """HAProxy with a frontend, and the file's backends; in a directory of its own, as Debian has it."""

    serving = "Loading success"

    def __init__(self, directory: Path, file: Path, chroot: Path) -> None:
        super().__init__(directory)
        self.file = file
        self.chroot = chroot
        # Another line of the site's frontend.
        self.frontend = ""

    def accepts(self) -> bool:
        # 2.2 (Debian 11) says no more than that its worker is there, for which it has bound the port.
        return super().accepts() or "New worker #1 (" in self.log()

    def command(self) -> list[str]:
        path = self.directory / "haproxy.cfg"
        confined = f"chroot {self.chroot}\nuser {SERVER_USER}\ngroup {SERVER_USER}" if IS_ROOT else ""
        path.write_text(f"""
global
    # Else a second one may bind the same port.
    noreuseport
    log stderr format raw local0 notice
    {confined}
frontend site
    mode http
    timeout client 30s
    bind 127.0.0.1:{self.port}
    use_backend charts-token      if {{ path /generate-token }}
    {self.frontend}
    use_backend charts-token-page if {{ path /charts-token }} or {{ path_beg /charts-token/ }}
    default_backend site
backend site
    mode http
    http-request return status 404
""")
        return ["/usr/sbin/haproxy", "-W", "-f", str(path), "-f", str(self.file)]


class Haproxy(Recipe):
    recipe = PACKAGING / "haproxy/charts-token.cfg"
    socket = "/charts-token.sock"
    secrets = ("set-param TINYBIRD_SERVER_SECRET",)
    login = (
        "userlist", "    user alice", "acl is-user", "http-request auth", "http-request set-var",
        "set-param TINYBIRD_FIXED_PARAMS")
    renewing = ("pass-header Authorization", "set-param TINYBIRD_RENEWAL_WINDOW")
    users_path = "    user alice password $5$…\n"

    def paths(self) -> dict[str, str]:
        paths = super().paths()
        paths[self.users_path] = self.users() or self.users_path
        if IS_ROOT:
            paths[self.socket] = f"/{self.responder.socket.name}"
        return paths

    def users(self) -> str:
        return "".join(f"    user {name} password {PASSWORD_HASH}\n" for name in self.names)

    def web_server(self) -> Server:
        return HaproxyServer(self.directory, self.directory / self.recipe.name, self.responder.directory)


class CaddyServer(Server):
    """Caddy with one site that imports a file, as the web server's own user."""

    serving = "serving initial configuration"

    def __init__(self, directory: Path, secret: str | None) -> None:
        super().__init__(directory)
    
        # Lines of the site's own.
        self.site_config = ""
        self.environment = [] if secret is None else [f"TINYBIRD_SERVER_SECRET={secret}"]

    def command(self) -> list[str]:
        path = self.directory / "Caddyfile"
        path.write_text(f"""{{
    admin off
    auto_https off
    storage file_system {self.directory}/caddy
}}
http://:{self.port} {{
    bind 127.0.0.1
    {self.site_config}
    import {self.directory}/charts-token.caddy
    handle {{
        respond 404
    }}
}}
""")
        user = ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups"] if IS_ROOT else []
        caddy = ["/usr/bin/caddy", "run", "--config", str(path), "--adapter", "caddyfile"]
        return [*user, "env", f"HOME={self.directory}", *self.environment, *caddy]


class Caddy(Recipe):
    recipe = PACKAGING / "caddy/charts-token.caddy"
    mode = 0o640
    secrets = ("env TINYBIRD_SERVER_SECRET",)
    login = ("basicauth {", "\timport /etc/caddy/charts.users", "}\n\n\t# A token is")
    renewing = ("env TINYBIRD_RENEWAL_WINDOW",)
    not_renewing = ("header_up -Authorization",)
    users_path = "/etc/caddy/charts.users"

    def users(self) -> str:
        return "".join(f"{name} {PASSWORD_HASH}\n" for name in self.names)

    def web_server(self) -> Server:
        return CaddyServer(self.directory, self.secret)


RECIPES: dict[str, type[Recipe]] = {"nginx": Nginx, "HAProxy": Haproxy, "Caddy": Caddy}
