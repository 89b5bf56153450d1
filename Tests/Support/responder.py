"""The program as a FastCGI responder, started for one test."""

from __future__ import annotations

import socket
from collections.abc import Iterable, Mapping
from pathlib import Path

from Support.servers import IS_ROOT, SERVER_USER, Server


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
