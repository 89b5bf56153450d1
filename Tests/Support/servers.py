"""Web servers and responders, each started for one test, on a free loopback port, in a directory of its own."""

from __future__ import annotations

import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from Support.waiting import wait_until

APACHE_MODULES = Path("/usr/lib/apache2/modules")
IS_ROOT = os.geteuid() == 0
# The web server's own user, whom Debian's packages make; without root everything runs as who runs the tests.
SERVER_USER = "www-data"

# What the servers find in their environment: nothing of the shell that runs the tests.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"}


def free_port() -> int:
    """A loopback port that nobody listens on; below 32768, where the kernel takes none for outgoing connections."""
    while True:
        port = random.randrange(10_000, 32_768)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class PortTaken(Exception):
    """Somebody else was faster to bind the port."""


class Server:
    """A process that listens on a port; the subclasses say which."""

    scheme = "http"
    # What the command is run by.
    prefix: list[str] = []

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self.error_log = directory / "error.log"

    def command(self) -> list[str]:
        """Writes the configuration for `self.port`; returns the command that runs the server in the foreground."""
        raise NotImplementedError

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        for _ in range(5):
            self.port = free_port()
            try:
                return self._start()
            except PortTaken:
                continue
        raise AssertionError("found no free port")

    def _start(self) -> None:
        output = (self.directory / "output.log").open("ab")
        with output:
            self.process = subprocess.Popen(
                [*self.prefix, *self.command()], env=ENVIRONMENT, cwd="/", stdin=subprocess.DEVNULL,
                stdout=output, stderr=output, start_new_session=True)
        try:
            wait_until(lambda: self.process.poll() is not None or self.accepts(), "the server to listen")
        except AssertionError:
            self.kill()
            raise
        if self.process.poll() is not None:
            if "ddress already in use" in self.log():
                raise PortTaken
            raise AssertionError(f"{self.command()[0]} did not start:\n{self.log()}")

    # What the log says when the server serves. That its port accepts is not enough: Apache binds it before it has
    # read the rest of its configuration. What a server may answer for a moment nevertheless, whatever the program does:
    #   Apache with mod_cgid     503, while its daemon starts: `accepts` waits for that; at a reload it is away again,
    #                            and the tests of reloads leave those out (WITH_CGID)
    #   lighttpd with FastCGI    503, for up to a second, when all its processes have gone at once: the tests that kill
    #                            them leave it one (`backends` in test_faults_of_processes.py)
    serving = ""

    def accepts(self) -> bool:
        return self.serving in self.log()

    def log(self) -> str:
        """Everything the server and its programs have written about errors."""
        files = [self.error_log, self.directory / "output.log"]
        return "".join(file.read_text(errors="replace") for file in files if file.exists())

    def processes(self, name: str = "") -> list[int]:
        """The ids of the living processes of the server's group, the programs that it has started among them; of
        those with a name, if one is given."""
        found = []
        for path in Path("/proc").glob("[0-9]*/stat"):
            try:
                head, _, rest = path.read_text().rpartition(")")
            except OSError:
                continue
            state, _, group = rest.split()[:3]
            if int(group) == self.pid and state != "Z" and name in ("", head.partition("(")[2]):
                found.append(int(path.parent.name))
        return found

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> float:
        """Ends the server with a signal; returns how many seconds that took."""
        began = time.monotonic()
        self.send(number)
        self.process.wait(timeout=60)
        return time.monotonic() - began

    def close(self) -> None:
        """Leaves no process behind, however the test went."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                pass
        self.kill()

    def kill(self) -> None:
        """Kills what is left of the server's process group, which is its own and holds nothing else."""
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()


class Apache(Server):
    """Apache with the modules given, and Debian's defaults in what matters here: the file system is denied,
    the document root granted, no .htaccess unless said."""

    serving = "resuming normal operations"
    BASE_MODULES = ("mpm_event", "authz_core", "dir", "mime", "alias", "env")

    def __init__(
        self, directory: Path, config: str, modules: Iterable[str] = (), *,
        base_modules: Iterable[str] = BASE_MODULES, global_config: str = "",
    ) -> None:
        super().__init__(directory)
        self.modules = [*base_modules, *modules]
        self.config = config
        self.global_config = global_config
        self.document_root = directory / "htdocs"
        self.document_root.mkdir(exist_ok=True)
        (directory / "run").mkdir(exist_ok=True)

    def command(self) -> list[str]:
        path = self.directory / "httpd.conf"
        path.write_text(self.text())
        return ["/usr/sbin/apache2", "-f", str(path), "-DFOREGROUND"]

    def text(self) -> str:
        run = self.directory / "run"
        lines = [
            f"ServerRoot {self.directory}",
            "ServerName localhost",
            f"Listen 127.0.0.1:{self.port}",
            f"PidFile {run}/httpd.pid",
            f"DefaultRuntimeDir {run}",
            f"ErrorLog {self.error_log}",
            *(f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so" for name in self.modules),
        ]
        if IS_ROOT:
            lines += [f"User {SERVER_USER}", f"Group {SERVER_USER}"]
        if "fcgid" in self.modules:
            lines += [f"FcgidIPCDir {run}/fcgid", f"FcgidProcessTableFile {run}/fcgid_shm"]
        if "mime" in self.modules:
            lines += ["TypesConfig /dev/null", "AddType text/html .html", "AddType text/javascript .js"]
        if "cgid" in self.modules:
            lines += [f"ScriptSock {run}/cgid"]
        if "authz_core" in self.modules:
            lines += [
                "<Directory />", "AllowOverride None", "Require all denied", "</Directory>",
                f"<Directory {self.document_root}>", "Require all granted", "</Directory>",
            ]
        lines += [f"DocumentRoot {self.document_root}", self.global_config, self.config]
        return "\n".join(lines) + "\n"

    def accepts(self) -> bool:
        return super().accepts() and ("cgid" not in self.modules or self._daemon_listens())

    def _daemon_listens(self) -> bool:
        """Whether mod_cgid's daemon has given its socket, which it made and listens on, to those who connect."""
        try:
            owner = (self.directory / f"run/cgid.{self.pid}").stat().st_uid
        except FileNotFoundError:
            return False
        return owner == (pwd.getpwnam(SERVER_USER).pw_uid if IS_ROOT else os.geteuid())

    def check(self) -> subprocess.CompletedProcess[str]:
        """What Apache says of its configuration, without being started."""
        self.port = self.port or free_port()
        command = self.command()[:-1] + ["-t"]
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False)

    def reload(self) -> float:
        """Reloads gracefully, as `systemctl reload apache2`; returns the seconds until the new configuration serves."""
        generations = self.log().count(self.serving)
        began = time.monotonic()
        self.send(signal.SIGUSR1)
        wait_until(lambda: self.log().count(self.serving) > generations, "the reload")
        return time.monotonic() - began


class Lighttpd(Server):
    """lighttpd with nothing but what Debian's lighttpd.conf needs to serve a directory."""

    serving = "server started"

    def __init__(self, directory: Path, config: str, *, modules: Iterable[str] = ()) -> None:
        super().__init__(directory)
        self.config = config
        self.modules = list(modules)
        self.document_root = directory / "htdocs"
        self.document_root.mkdir(exist_ok=True)
        (directory / "run").mkdir(exist_ok=True)
        # It opens its log again after it has become www-data.
        self.error_log = directory / "run" / "error.log"
        if IS_ROOT:
            shutil.chown(directory / "run", SERVER_USER)

    def command(self) -> list[str]:
        path = self.directory / "lighttpd.conf"
        path.write_text(self.text())
        return ["/usr/sbin/lighttpd", "-D", "-f", str(path)]

    def text(self) -> str:
        modules = ", ".join(f'"{name}"' for name in ["mod_indexfile", *self.modules])
        lines = [
            f"server.modules = ({modules})",
            f'server.document-root = "{self.document_root}"',
            f'server.errorlog = "{self.error_log}"',
            f'server.pid-file = "{self.directory}/run/lighttpd.pid"',
            'server.bind = "127.0.0.1"',
            f"server.port = {self.port}",
            'index-file.names = ("index.html")',
            'mimetype.assign = (".html" => "text/html", ".js" => "text/javascript", ".css" => "text/css")',
        ]
        if IS_ROOT:
            lines += [f'server.username = "{SERVER_USER}"', f'server.groupname = "{SERVER_USER}"']
        return "\n".join([*lines, self.config]) + "\n"

    def check(self) -> subprocess.CompletedProcess[str]:
        """What lighttpd says of its configuration, without being started."""
        self.port = self.port or free_port()
        return subprocess.run(
            ["/usr/sbin/lighttpd", "-tt", "-f", self.command()[-1]],
            env=ENVIRONMENT, capture_output=True, text=True, check=False)

    def reload(self) -> float:
        """Reloads gracefully, as `systemctl reload lighttpd`; returns the seconds until it serves again."""
        generations = self.log().count(self.serving)
        began = time.monotonic()
        self.send(signal.SIGUSR1)
        wait_until(lambda: self.log().count(self.serving) > generations, "the reload")
        return time.monotonic() - began


class Responder(Server):
    """The program as a FastCGI responder of its own, started by spawn-fcgi on a unix socket or a TCP port."""

    def __init__(
        self, directory: Path, program: Path, environment: Mapping[str, str], *,
        tcp: bool = False, prefix: Iterable[str] = (),
    ) -> None:
        super().__init__(directory)
        self.program = program
        self.environment = dict(environment)
        self.tcp = tcp
        self.prefix = list(prefix)
        self.socket = directory / "responder.sock"

    @property
    def backend(self) -> str:
        """Where Apache finds it, as CHARTS_TOKEN_BACKEND."""
        return f"fcgi://127.0.0.1:{self.port}" if self.tcp else f"unix:{self.socket}|fcgi://charts-token"

    def command(self) -> list[str]:
        # -n: spawn-fcgi becomes the program, whose process id is thus the child's.
        address = ["-a", "127.0.0.1", "-p", str(self.port)] if self.tcp else ["-s", str(self.socket), "-M", "0660"]
        user = ["-u", SERVER_USER, "-g", SERVER_USER] if IS_ROOT else []
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        return [
            "/usr/bin/env", *variables,
            "/usr/bin/spawn-fcgi", "-n", *address, *user, "--", str(self.program)]

    def connection(self) -> socket.socket:
        """A connection to it, for tests that speak FastCGI themselves."""
        if self.tcp:
            return socket.create_connection(("127.0.0.1", self.port))
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(self.socket))
        return connection

    def accepts(self) -> bool:
        """Whether it serves: spawn-fcgi has become the program, which waits for requests in its threads."""
        return Path(f"/proc/{self.pid}/comm").read_text().strip() == self.program.name[:15]
