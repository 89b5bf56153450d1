"""nginx with the file from packaging/nginx, in front of a responder."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

from servers import IS_ROOT, REPOSITORY, SERVER_USER, Responder, Server, wait_until

CONF = REPOSITORY / "packaging/nginx/charts-token.conf"
GUARDED = ("auth_basic ", "auth_basic_user_file", "fastcgi_param REMOTE_USER", "fastcgi_param TINYBIRD_FIXED_PARAMS")


class Nginx(Server):
    """nginx with one server { } that includes what is shipped, its paths changed to the test's."""

    def __init__(self, directory: Path, responder: Responder, *, guarded: bool = False) -> None:
        super().__init__(directory)
        text = CONF.read_text()
        assert all(f"#{line}" in text for line in GUARDED)
        for line in GUARDED if guarded else ():
            text = text.replace(f"#{line}", line)
        paths = {
            "/run/charts-token/charts-token.sock": responder.socket, "/etc/nginx/charts.users": directory / "users",
            "/usr/share/charts-token/htdocs": REPOSITORY / "apache/htdocs"}
        for path, ours in paths.items():
            assert path in text
            text = text.replace(path, str(ours))
        (directory / "charts-token.conf").write_text(text)
        password = subprocess.run(
            ["openssl", "passwd", "-apr1", "secret"], capture_output=True, text=True, check=True).stdout
        (directory / "users").write_text(f"alice:{password}")

    def command(self) -> list[str]:
        path = self.directory / "nginx.conf"
        user = f"user {SERVER_USER};" if IS_ROOT else ""
        temporary = "".join(
            f"{name}_temp_path {self.directory}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        path.write_text(
            f"{user} daemon off; pid {self.directory}/nginx.pid; error_log {self.error_log} notice;\n"
            f"events {{ worker_connections 512; }}\n"
            f"http {{ include /etc/nginx/mime.types; access_log off; {temporary}\n"
            f"server {{ listen 127.0.0.1:{self.port}; include {self.directory}/charts-token.conf; }} }}\n")
        return ["/usr/sbin/nginx", "-p", str(self.directory), "-c", str(path)]

    serving = "start worker process"

    def reload(self) -> float:
        """Reloads gracefully, as `systemctl reload nginx`; returns the seconds until the new configuration serves."""
        generations = self.log().count(self.serving)
        began = time.monotonic()
        self.send(signal.SIGHUP)
        wait_until(lambda: self.log().count(self.serving) > generations, "the reload")
        return time.monotonic() - began
