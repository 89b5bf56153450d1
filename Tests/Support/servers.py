"""What every server of the tests has in common: it is started for one test, on a free loopback port, in a directory of its own."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import time
from pathlib import Path

from Support.waiting import wait_until

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

    # What `reload` sends.
    reload_signal = signal.SIGUSR1

    def reload(self) -> float:
        """Reloads gracefully, as `systemctl reload` does; returns the seconds until the new configuration serves."""
        generations = self.log().count(self.serving)
        began = time.monotonic()
        self.send(self.reload_signal)
        wait_until(lambda: self.log().count(self.serving) > generations, "the reload")
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
