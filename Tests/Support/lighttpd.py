"""lighttpd, started for one test."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from Support.servers import ENVIRONMENT, IS_ROOT, SERVER_USER, Server, free_port


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

    def accepts(self) -> bool:
        """Whether it serves, and has become all the programs that it starts: a signal to stop that one gets between its
        fork and its execve is lost, as lighttpd's own handler takes it."""
        return super().accepts() and self.processes("lighttpd") == [self.pid]

    def check(self) -> subprocess.CompletedProcess[str]:
        """What lighttpd says of its configuration, without being started."""
        self.port = self.port or free_port()
        return subprocess.run(
            ["/usr/sbin/lighttpd", "-tt", "-f", self.command()[-1]],
            env=ENVIRONMENT, capture_output=True, text=True, check=False)
