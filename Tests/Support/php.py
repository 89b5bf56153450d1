"""PHP as web servers run it: PHP-FPM, mod_php, and php-cgi as a FastCGI program; and a site in it whose visitors sign in.

Everybody's password is PASSWORD; who signs in is in the session.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from Support.apache import APACHE_MODULES, Apache
from Support.lighttpd import Lighttpd
from Support.logins import PASSWORD
from Support.recipes import NginxServer
from Support.servers import IS_ROOT, SERVER_USER, Server

# Debian has its version in the names.
_VERSION = max((path.name.removeprefix("php-fpm") for path in Path("/usr/sbin").glob("php-fpm*")), default="")
FPM = f"/usr/sbin/php-fpm{_VERSION}"

LOGIN = f"""<?php
session_start();
session_regenerate_id(true);
$user = $_POST['user'] ?? '';
if ($user !== '' && ($_POST['password'] ?? '') === '{PASSWORD}') {{
    $_SESSION['user'] = $user;
}} else {{
    $_SESSION = [];
}}
"""


def sessions(directory: Path) -> Path:
    """The directory of the sessions of a site, the web server's user's."""
    path = directory / "sessions"
    path.mkdir(exist_ok=True)
    if IS_ROOT:
        shutil.chown(path, SERVER_USER, SERVER_USER)
    return path


class Fpm(Server):
    """PHP-FPM with one pool, as the web server's own user; pools in directories side by side share their sessions."""

    serving = "ready to handle connections"

    def __init__(self, directory: Path, lines: Iterable[str] = ()) -> None:
        directory.mkdir()
        super().__init__(directory)
        self.lines = list(lines)
        self.socket = directory / "fpm.sock"

    def command(self) -> list[str]:
        path = self.directory / "fpm.conf"
        user = [f"{name} = {SERVER_USER}" for name in ("user", "group", "listen.owner", "listen.group")]
        path.write_text("\n".join([
            "[global]", f"error_log = {self.error_log}", "daemonize = no",
            "[www]", *(user if IS_ROOT else []), f"listen = {self.socket}", "pm = static", "pm.max_children = 3",
            f"php_admin_value[session.save_path] = {sessions(self.directory.parent)}", *self.lines, ""]))
        return [FPM, "--nodaemonize", "--fpm-config", str(path)]


def apache_lines(fpm: Fpm) -> list[str]:
    """Apache's lines for PHP-FPM; they need mod_proxy_fcgi."""
    return ['<FilesMatch "\\.php$">', f'SetHandler "proxy:unix:{fpm.socket}|fcgi://localhost"', "</FilesMatch>"]


def mod_php(server: Apache) -> None:
    """Has PHP run inside of Apache's own processes, without threads."""
    server.modules[server.modules.index("mpm_event")] = "mpm_prefork"
    server.config = "\n".join([
        f"LoadModule php_module {APACHE_MODULES}/libphp{_VERSION}.so",
        '<FilesMatch "\\.php$">', "SetHandler application/x-httpd-php", "</FilesMatch>",
        f"php_admin_value session.save_path {sessions(server.directory)}", server.config])


def nginx_lines(fpm: Fpm, root: Path) -> str:
    """nginx's lines for PHP-FPM, as Debian's snippets/fastcgi-php.conf has them."""
    return f"""
root {root};
location ~ \\.php$ {{
    try_files $uri =404;
    include /etc/nginx/fastcgi.conf;
    fastcgi_pass unix:{fpm.socket};
}}
"""


def lighttpd_lines(fpm: Fpm) -> str:
    """lighttpd's lines for PHP-FPM; they need mod_fastcgi."""
    return f'$HTTP["url"] =~ "\\.php" {{ fastcgi.server = (".php" => (("socket" => "{fpm.socket}"))) }}\n'


# Each returns a web server, not yet started, whose document root has the login.

def apache_with_fpm(directory: Path, fpm: Fpm) -> Server:
    return Apache(directory, "\n".join(apache_lines(fpm)), ["proxy", "proxy_fcgi"])


def apache_with_mod_php(directory: Path, fpm: Fpm) -> Server:
    server = Apache(directory, "")
    mod_php(server)
    return server


def apache_with_php_cgi(directory: Path, fpm: Fpm) -> Server:
    """As shared hosts have it: mod_fcgid, whose programs have their listening socket as descriptor 0."""
    lines = [
        '<FilesMatch "\\.php$">', "SetHandler fcgid-script", "Options +ExecCGI",
        f'FcgidWrapper "/usr/bin/php-cgi -d session.save_path={sessions(directory)}" .php', "</FilesMatch>"]
    return Apache(directory, "\n".join(lines), ["fcgid"])


def nginx_with_fpm(directory: Path, fpm: Fpm) -> Server:
    root = directory / "htdocs"
    root.mkdir()
    (directory / "charts-token.conf").write_text(nginx_lines(fpm, root))
    return NginxServer(directory)


def lighttpd_with_fpm(directory: Path, fpm: Fpm) -> Server:
    return Lighttpd(directory, lighttpd_lines(fpm), modules=["mod_fastcgi"])


HOSTS = {
    "Apache with PHP-FPM": apache_with_fpm, "Apache with mod_php": apache_with_mod_php,
    "Apache with php-cgi": apache_with_php_cgi, "nginx with PHP-FPM": nginx_with_fpm,
    "lighttpd with PHP-FPM": lighttpd_with_fpm,
}
