"""The program under a supervisor, as systemd with the units in packaging/systemd."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from Support.responder import Responder
from Support.servers import ENVIRONMENT, IS_ROOT, SERVER_USER
from Support.waiting import wait_until


class Supervised(Responder):
    """`charts-token serve` on a socket that the test holds, so that requests wait there, and started again at once
    whenever it ends."""

    def __init__(
        self, directory: Path, program: Path, environment: Mapping[str, str], *, prefix: Iterable[str] = ()
    ) -> None:
        super().__init__(directory, program, environment, prefix=prefix)
        self._listening = socket.socket(socket.AF_UNIX)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._supervise)

    def start(self) -> None:
        self._listening.bind(str(self.socket))
        self._listening.listen(4096)
        self.socket.chmod(0o660)
        if IS_ROOT:
            shutil.chown(self.socket, SERVER_USER, SERVER_USER)
        self._thread.start()
        wait_until(self.accepts, "the program to serve")

    def command(self) -> list[str]:
        # systemd hands the socket over as descriptor 3, and names the process that it is for.
        handing_over = 'exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@"'
        return [*self.prefix, "/bin/sh", "-c", handing_over, "sh", str(self.program), "serve"]

    def _supervise(self) -> None:
        user = {"user": SERVER_USER, "group": SERVER_USER, "extra_groups": []} if IS_ROOT else {}
        with (self.directory / "output.log").open("ab") as output:
            while not self._ending.is_set():
                self.process = subprocess.Popen(
                    self.command(), env={**ENVIRONMENT, **self.environment}, cwd="/", stdin=self._listening,
                    stdout=output, stderr=output, start_new_session=True, **user)
                self.process.wait()

    def accepts(self) -> bool:
        """Whether it serves: the process is the program, and has its threads."""
        if self.process is None:
            return False
        try:
            return super().accepts() and len(os.listdir(f"/proc/{self.pid}/task")) > 1
        except OSError:
            return False

    def connections(self) -> int:
        """How many there are to its socket."""
        sockets = [line.split() for line in Path("/proc/thread-self/net/unix").read_text().splitlines()]
        return sum(fields[5:6] == ["03"] and fields[-1] == str(self.socket) for fields in sockets)

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Waits, after the block, until another process serves than before it."""
        before = self.process
        yield
        wait_until(lambda: self.process is not before and self.accepts(), "the next process")

    def close(self) -> None:
        self._ending.set()
        while self._thread.is_alive():
            if self.process:
                self.process.kill()
            self._thread.join(timeout=0.1)
        self._listening.close()
