"""The peers of the benchmark: each is a place on a web server, with the configuration and processes behind it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from Benchmark import measure
from Benchmark.instructions import CGI, PEERS, PROGRAM
from Support.php import FPM
from Support.responder import Responder
from Support.servers import IS_ROOT, SERVER_USER, Server

FOLDER = Path(__file__).parent


def compiled(directory: Path, source: str, *libraries: str) -> Path:
    """A C program."""
    program = directory / source.removesuffix(".c")
    subprocess.run(["cc", "-O2", "-o", program, FOLDER / source, *libraries], check=True)
    return program


def compiled_go(directory: Path) -> Path:
    """The program in Go, with Debian's packages alone."""
    program = directory / "responder-go"
    environment = {
        **os.environ, "GOPATH": "/usr/share/gocode", "GO111MODULE": "off", "GOCACHE": str(directory / "go-cache")}
    subprocess.run(["go", "build", "-o", program, FOLDER / "responder.go"], check=True, env=environment)
    return program


class Peer:
    """A place on a web server, and what answers there."""

    signs = True
    # Its part of the web server's configuration; on Apache unless a peer says otherwise.
    config = ""
    on_lighttpd = False

    def __init__(self, name: str, place: str) -> None:
        self.name = name
        self.place = place
        self.server: Server | None = None

    def processes(self) -> list[int]:
        return measure.family(self.server.pid) if self.server else []

    def cpu_per_request(self) -> float | None:
        """In seconds, where the processes don't outlive a request."""
        return None


class Static(Peer):
    """A file as long as an answer."""

    signs = False

    def __init__(self, document_root: Path) -> None:
        super().__init__("a static file", "/static.json")
        (document_root / "static.json").write_text("x" * 347)


class Proxied(Peer):
    """A FastCGI responder on a socket, by mod_proxy_fcgi; its program is copied, so that it has memory of its own."""

    def __init__(
        self, name: str, directory: Path, place: str, program: Path, environment: Mapping[str, str], *,
        reuse: bool = False, signs: bool = True,
    ) -> None:
        super().__init__(name, f"/{place}")
        self.signs = signs
        folder = directory / f"{place}.d"
        folder.mkdir()
        self.server = Responder(folder, Path(shutil.copy(program, folder / place)), environment)
        # The host in the URL keeps Apache from sharing workers.
        option = " enablereuse=on" if reuse else ""
        self.config = f'ProxyPass "/{place}" "unix:{self.server.socket}|fcgi://{place}"{option}'


class Fcgid(Peer):
    """Processes that mod_fcgid starts."""

    def __init__(
        self, name: str, directory: Path, place: str, program: Path, environment: Mapping[str, str], *,
        signs: bool = True,
    ) -> None:
        super().__init__(name, f"/{place}")
        self.signs = signs
        self.program = Path(shutil.copy(program, directory / place))
        initial = " ".join(f'InitialEnv "{name}={value}"' for name, value in environment.items())
        self.config = (
            f"FcgidCmdOptions {self.program} MaxProcesses 8 {initial}\nScriptAlias /{place} {self.program}\n"
            f"<Location /{place}>\nSetHandler fcgid-script\n</Location>")

    def processes(self) -> list[int]:
        return measure.running(self.program)


class PlainCGI(Peer):
    """A process for each request, by mod_cgid or lighttpd."""

    def __init__(self, name: str, place: str, program: Path, *, on_lighttpd: bool) -> None:
        super().__init__(name, f"/{place}")
        self.program = program
        self.on_lighttpd = on_lighttpd
        if on_lighttpd:
            settings = ", ".join(f'"{name}" => "{value}"' for name, value in PEERS.items())
            self.config = (
                f'$HTTP["url"] == "/{place}" {{\nalias.url = ("/{place}" => "{program}")\ncgi.assign = ("" => "")\n'
                f"setenv.add-environment = ({settings})\n}}")
        else:
            settings = "\n".join(f'SetEnv {name} "{value}"' for name, value in PEERS.items())
            self.config = f"ScriptAlias /{place} {program}\n<Location /{place}>\n{settings}\n</Location>"

    def cpu_per_request(self) -> float:
        return measure.cpu_seconds_of_a_process(self.program, {**CGI, **PEERS})


class Phpfpm(Peer):
    """PHP-FPM as Debian's php-fpm.conf has it: by mod_proxy_fcgi, without reuse."""

    def __init__(self, directory: Path) -> None:
        super().__init__("PHP-FPM, hash_hmac, mod_proxy_fcgi, 8 processes", "/php")
        script = shutil.copy(FOLDER / "token.php", directory)
        self.server = PhpfpmServer(directory)
        self.config = (
            f"Alias /php {script}\n"
            f'<Location /php>\nSetHandler "proxy:unix:{self.server.socket}|fcgi://php"\n</Location>')


class SocketServer(Server):
    """A server on a unix socket in the directory."""

    def __init__(self, directory: Path, name: str) -> None:
        super().__init__(directory)
        self.socket = directory / f"{name}.sock"

    def accepts(self) -> bool:
        return self.socket.exists()


class PhpfpmServer(SocketServer):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "php")

    def command(self) -> list[str]:
        path = self.directory / "php-fpm.conf"
        path.write_text("\n".join([
            "[global]", f"error_log = {self.directory}/php-fpm.log", "[www]", f"listen = {self.socket}",
            f"user = {SERVER_USER}", f"group = {SERVER_USER}",
            f"listen.owner = {SERVER_USER}", f"listen.group = {SERVER_USER}", "pm = static", "pm.max_children = 8",
            *(f'env[{name}] = "{value}"' for name, value in PEERS.items())]) + "\n")
        return [FPM, "--nodaemonize", "--fpm-config", str(path)]


class Gunicorn(Peer):
    """The guide's app under gunicorn, by mod_proxy_http."""

    def __init__(self, directory: Path) -> None:
        super().__init__("Flask, gunicorn, mod_proxy_http, 2 × 4 threads", "/gunicorn/generate-token")
        self.server = GunicornServer(directory)
        self.config = f'ProxyPass "/gunicorn/" "unix:{self.server.socket}|http://gunicorn/"'


class GunicornServer(SocketServer):
    def __init__(self, directory: Path) -> None:
        super().__init__(directory, "gunicorn")
        shutil.copy(FOLDER / "guide.py", directory)

    def command(self) -> list[str]:
        user = ["--user", SERVER_USER, "--group", SERVER_USER] if IS_ROOT else []
        return [
            "/usr/bin/env", *(f"{name}={value}" for name, value in PEERS.items()),
            "/usr/bin/gunicorn", *user, "--workers", "2", "--threads", "4", "--chdir", str(self.directory),
            "--bind", f"unix:{self.socket}", "guide:app"]


class ModWSGI(Peer):
    """The guide's app under mod_wsgi, in processes of its own."""

    def __init__(self, directory: Path) -> None:
        super().__init__("Flask, mod_wsgi, 2 × 4 threads", "/wsgi/generate-token")
        # mod_wsgi's processes have Apache's environment.
        script = directory / "guide.wsgi"
        script.write_text(
            f"import os, sys\nos.environ.update({PEERS!r})\nsys.path.append({str(directory)!r})\n"
            "from guide import app as application\n")
        # As short as the name that it takes the place of.
        self.title = f"wsgi{os.getpid()}"
        self.config = (
            f"WSGISocketPrefix {directory}/run/wsgi\n"
            f"WSGIDaemonProcess guide processes=2 threads=4 display-name={self.title}\n"
            f"WSGIScriptAlias /wsgi {script} process-group=guide application-group=%{{GLOBAL}}")

    def processes(self) -> list[int]:
        return measure.processes(lambda entry: (entry / "cmdline").read_text().startswith(self.title))


def everybody(directory: Path, document_root: Path, before: Path | None) -> list[Peer]:
    """All peers, in the order of the table; the program as it was before, if it's given, after the program as it is."""
    c, c_cgi, go = (
        compiled(directory, "responder.c", "-lfcgi", "-lpthread"), compiled(directory, "cgi.c", "-lfcgi", "-lcrypto"),
        compiled_go(directory))
    builds = {"ours": PROGRAM} | ({"before": before} if before else {})
    builds = {name: Path(shutil.copy(build, directory / name)) for name, build in builds.items()}
    one = {"TINYBIRD_THREADS": "1", "THREADS": "1"}

    def proxied(place: str, *, reuse: bool = False) -> list[Peer]:
        by = "mod_proxy_fcgi with reuse" if reuse else "mod_proxy_fcgi"
        return [
            Proxied(f"{name}, {by}, 4 threads", directory, f"{name}{place}", build, PEERS, reuse=reuse)
            for name, build in builds.items()]

    def by_fcgid() -> list[Peer]:
        return [
            Fcgid(f"{name}, mod_fcgid, 8 processes", directory, f"{name}-fcgid", build, {**PEERS, **one})
            for name, build in builds.items()]

    def cgi(by: str) -> list[Peer]:
        return [
            PlainCGI(f"{name}, CGI by {by}", f"{name}-{by}", build, on_lighttpd=by == "lighttpd")
            for name, build in builds.items()]

    return [
        Static(document_root),
        Proxied("C, signs nothing, mod_proxy_fcgi, 8 threads", directory, "c", c, {}, signs=False),
        *proxied("-proxied"),
        *proxied("-reused", reuse=True),
        Fcgid("C, signs nothing, mod_fcgid, 8 processes", directory, "c-fcgid", c, one, signs=False),
        *by_fcgid(),
        Phpfpm(directory),
        Proxied("Go, net/http/fcgi, mod_proxy_fcgi", directory, "go", go, PEERS),
        Proxied("Go, net/http/fcgi, mod_proxy_fcgi with reuse", directory, "go-reused", go, PEERS, reuse=True),
        Gunicorn(directory),
        ModWSGI(directory),
        PlainCGI("C, libfcgi and HMAC(), CGI by mod_cgid", "c-cgi", c_cgi, on_lighttpd=False),
        *cgi("mod_cgid"),
        PlainCGI("C, libfcgi and HMAC(), CGI by lighttpd", "c-lighttpd", c_cgi, on_lighttpd=True),
        *cgi("lighttpd"),
    ]
