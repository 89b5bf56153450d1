"""Apache, started for one test."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterable
from pathlib import Path

from Support.servers import ENVIRONMENT, IS_ROOT, SERVER_USER, Server, free_port

APACHE_MODULES = Path("/usr/lib/apache2/modules")


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
