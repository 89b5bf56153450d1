"""Those who share a machine with the site: authors of .htaccess files, and other processes.

What each has got of the site is told by `loot`: the best of NOTHING, the SERVER_SECRET, ANY_TOKEN and the KEY.
"""

from __future__ import annotations

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from pathlib import Path

import jwt

from Support.curl import Answer, fetch
from Support.fastcgi import request
from Support.raw import tokens_in
from Support.repository import REPOSITORY
from Support.servers import SERVER_USER
from Support.tokens import KEY, signed_by
from Support.transports import Site

# This process's own: other tests run at the same time, and their processes aren't the site's.
OWN_KEY = KEY.replace("not-a-real", f"real-for-{os.getpid()}")
OWN_SECRET = f"0123456789abcdef-a-secret-of-{os.getpid()}"

NOTHING, THE_SECRET, ANY_TOKEN, THE_KEY = "nothing", "the server secret", "any token", "the key"
# What nobody's settings allow.
SCOPES = '[{"type":"DATASOURCES:READ","resource":"payroll"}]'


def loot(*texts: str | bytes) -> str:
    """The most that these texts give to whoever reads them."""
    whole = b"\n".join(text.encode() if isinstance(text, str) else text for text in texts)
    if OWN_KEY.encode() in whole:
        return THE_KEY
    for token in tokens_in(whole):
        if "payroll" in str(jwt.decode(token, options={"verify_signature": False})) and signed_by(token, OWN_KEY):
            return ANY_TOKEN
    return THE_SECRET if OWN_SECRET.encode() in whole else NOTHING


def site_with_author(
    by: type[Site], directory: Path, program: Path, htaccess: str = "", *, modules: tuple[str, ...] = (),
    config: str = "", key: str = KEY, secret: str | None = None, **files: str,
) -> Site:
    """A site whose author may write anything into .htaccess, and the given files (a_html is a.html)."""
    site = by(directory, program, config=config, key=key, secret=secret)
    root = site.server.document_root
    site.server.config += f"\n<Directory {root}>\nAllowOverride All\n</Directory>"
    site.server.modules += [name for name in modules if name not in site.server.modules]
    (root / ".htaccess").write_text(htaccess)
    for name, text in files.items():
        path = root / name.replace("_", ".")
        path.write_text(text)
        path.chmod(0o755)
    return site


class Tenant:
    """An author of another directory of the same Apache, /tenant/, who may write a .htaccess file there.

    mod_proxy_fcgi, mod_rewrite and the like are loaded, as on any server that has PHP-FPM.
    """

    MODULES = ("proxy", "proxy_fcgi", "rewrite", "headers", "include", "info")

    def __init__(self, site: Site, *, override: str = "FileInfo", options: str = "None") -> None:
        self.site = site
        self.directory = site.server.document_root / "tenant"
        self.directory.mkdir()
        (self.directory / "a.txt").write_text("a page of the tenant's")
        site.server.config += (
            f"\n<Directory {self.directory}>\nAllowOverride {override}\nOptions {options}\n</Directory>")
        site.server.modules += [name for name in self.MODULES if name not in site.server.modules]

    def get(self, path: str, *htaccess: str) -> Answer:
        """What comes of a path below /tenant/ by these lines of .htaccess."""
        (self.directory / ".htaccess").write_text("\n".join(htaccess) + "\n")
        return fetch(f"{self.site.server.url}/tenant/{path}")

    def steals(self) -> str:
        """What the tenant gets by all means of .htaccess."""
        shown = []
        for socket in sockets_in(self.site.directory):
            for secret in (None, "", "guessed", "${CHARTS_TOKEN_SERVER_SECRET}"):
                shown.append(self.get(
                    "a.txt", f'SetHandler "proxy:unix:{socket}|fcgi://x/"', *(
                        f"SetEnv {name} '{value}'" for name, value in choices(secret).items())))
        names = ("CHARTS_TOKEN_KEY", "CHARTS_TOKEN_SERVER_SECRET")
        shown.append(self.get("a.txt", *(f'Header always set X-{name} "${{{name}}}"' for name in names)))
        variables = ("TINYBIRD_SIGNING_KEY", "TINYBIRD_SERVER_SECRET")
        headers = [f'Header always set X-{at}{name} "%{{{at}{name}}}e"'
                   for name in variables for at in ("", "REDIRECT_")]
        # The endpoint by an internal redirect, with variables of the tenant's own.
        shown.append(self.get(
            "r", "RewriteEngine on", "RewriteRule ^r$ /generate-token [L]", *headers,
            *(f"SetEnv {name} '{value}'" for name, value in choices(None).items())))
        shown.append(self.get(
            "r", *headers, "FallbackResource /generate-token",
            *(f"SetEnv {name} '{value}'" for name, value in choices(None).items())))
        shown.append(self.get("nowhere", *headers, "ErrorDocument 404 /generate-token"))
        return loot(*(answer.text + repr(answer.headers) for answer in shown))


def choices(secret: str | None) -> dict[str, str]:
    """The settings of somebody who wants to read the payroll."""
    settings = {
        "TINYBIRD_PIPES": "", "TINYBIRD_FIXED_PARAMS": "", "TINYBIRD_SCOPES": SCOPES, "TINYBIRD_TOKEN_NAME": "stolen"}
    return settings if secret is None else {**settings, "TINYBIRD_SERVER_SECRET": secret}


def sockets_in(directory: Path) -> list[Path]:
    """The sockets of the site's programs, as if their names had been guessed."""
    return sorted(path for path in directory.rglob("*") if path.is_socket() and path.name != "cgid")


# Reads what there is to read, and asks on each socket that it may connect to.
PROCESS = """
import os, socket, sys
for place in ["/proc", *sys.argv[2:]]:
    for folder, _, names in os.walk(place) if place != "/proc" else [(f"/proc/{p}", [], ["environ"])
                                                                     for p in os.listdir("/proc") if p.isdigit()]:
        for name in names:
            path = os.path.join(folder, name)
            try:
                if os.path.exists(path) and os.stat(path).st_mode & 0o170000 == 0o140000:
                    with socket.socket(socket.AF_UNIX) as asked:
                        asked.settimeout(20)
                        asked.connect(path)
                        asked.sendall(bytes.fromhex(sys.argv[1]))
                        while received := asked.recv(65536):
                            sys.stdout.buffer.write(received)
                else:
                    with open(path, "rb") as file:
                        sys.stdout.buffer.write(file.read(1_000_000))
            except OSError:
                pass
"""


def process_steals(user: str, site: Site) -> str:
    """What a process of `user` gets: of the site's files, of the environments of processes, and by asking the program."""
    settings = request(**choices(None))
    places = [site.directory, site.program.parent]
    group = pwd.getpwnam(user).pw_gid
    run = subprocess.run(
        ["setpriv", f"--reuid={user}", f"--regid={group}", "--init-groups", "env", "-i", sys.executable, "-c", PROCESS,
         settings.hex(), *map(str, places)],
        cwd="/", capture_output=True, timeout=120, check=True)
    return loot(run.stdout)


def environment_at_start(program: Path) -> bytes:
    """What another process of the web server's user reads of the program's environment, after it has been started and
    before its first instruction: empty where that is forbidden."""
    pid = os.fork()
    if pid == 0:
        try:
            ctypes.CDLL(None).ptrace(0, 0, 0, 0)  # PTRACE_TRACEME: execve stops
            become(SERVER_USER)
            os.execve(program, [str(program)], {"TINYBIRD_SIGNING_KEY": OWN_KEY})
        finally:
            os._exit(1)
    try:
        _, status = os.waitpid(pid, 0)
        assert os.WIFSTOPPED(status) and os.WSTOPSIG(status) == signal.SIGTRAP
        reader = subprocess.run(
            ["setpriv", f"--reuid={SERVER_USER}", f"--regid={SERVER_USER}", "--clear-groups", "cat",
             f"/proc/{pid}/environ"], capture_output=True, check=False)
        return reader.stdout
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def become(name: str) -> None:
    """Becomes another user, as whom this process starts the program."""
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


SECURITY = (REPOSITORY / "apache/SECURITY.md").read_text()


def table() -> dict[tuple[str, str], str]:
    """SECURITY.md's table: what it says that somebody (a line) gets in a way of serving (a column)."""
    first = SECURITY[SECURITY.index("\n| who |") + 1:].split("\n\n")[0].splitlines()
    head, _, *lines = ([cell.strip() for cell in line.strip("|").split("|")] for line in first)
    return {(line[0], column): cell for line in lines for column, cell in zip(head[1:], line[1:], strict=True)}
