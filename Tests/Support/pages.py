"""A site with pages of charts, under the policy that the include sends, and a token endpoint that goes wrong on demand."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import itertools
import json
import mimetypes
import re
import socket
import threading
from pathlib import Path

import jwt

from Support.clock import Clock
from Support.repository import HTDOCS, REPOSITORY
from Support.tinybird import CHART, ENDPOINT, Quiet
from Support.tokens import KEY, WORKSPACE

JAVASCRIPT = Path("/usr/share/javascript")

# As it stands in the include.
INCLUDE = (REPOSITORY / "apache/charts-token.conf").read_text()
HOSTS = re.search(r'Define CHARTS_TOKEN_HOSTS "?([^"\n]+)', INCLUDE)[1]
POLICY = re.search(r'Content-Security-Policy "(.*?)"', INCLUDE, re.S)[1].replace("\\\n", "").replace(
    "${CHARTS_TOKEN_HOSTS}", HOSTS)

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Charts</title><link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/page.css">
<script type="module" src="/tinybird-chart.js"></script><main>{markup}</main></html>"""

FRAME = f'<tinybird-chart src="{CHART}" title="Sales by city"></tinybird-chart>'


def drawn(type: str = "table", more: str = "") -> str:
    return f'<tinybird-chart endpoint="{ENDPOINT}" type="{type}" title="Sales by city" {more}></tinybird-chart>'


class Site(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, clock: Clock, listener: socket.socket) -> None:
        super().__init__(listener.getsockname(), Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener.dup()
        self.connections: list[socket.socket] = []
        self.clock = clock
        self.url = "http://{}:{}".format(*self.server_address)
        self.released = threading.Event()
        # What is on its page; a script of its own, /own.js.
        self.markup = ""
        self.script = ""
        self.ttl: float = 3600
        # What its tokens open.
        self.pipes = ["sales_by_city", "every_type", "orders"]
        self.policy = POLICY
        # Where its files are; and others, by their paths.
        self.htdocs = HTDOCS
        self.files: dict[str, str] = {}
        # When tokens were asked for, each once it is settled how it is answered; what for, and which were given.
        self.asked: list[float] = []
        self.headers: list[dict[str, str]] = []
        self.tokens: list[str] = []
        # No two tokens are the same, whose claims but for that are the same within a second.
        self._numbers = itertools.count()
        # Until further notice, and then for one request each: None as it should be, "drop", "slow", "same", or status,
        # body and headers.
        self.mode: object = None
        self.next: list[object] = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def close(self) -> None:
        """Ends its connections too: the site that is there next answers the next request."""
        self.released.set()
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def mint(self) -> str:
        return jwt.encode({
            "workspace_id": WORKSPACE, "name": f"charts_token {next(self._numbers)}", "exp": int(self.clock.time() + self.ttl),
            "scopes": [{"type": "PIPES:READ", "resource": name} for name in self.pipes]}, KEY)

    def handle_error(self, *_: object) -> None:
        pass


class Handler(Quiet):
    server: Site
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/generate-token":
            self.token()
        elif path == "/page":
            self.reply(200, "text/html", PAGE.format(markup=self.server.markup).encode())
        elif path in self.server.files:
            self.file(path, self.server.files[path].encode())
        elif path == "/own.js":
            self.file(path, self.server.script.encode())
        else:
            path = path.removeprefix("/charts-token")
            file = JAVASCRIPT / path[12:] if path.startswith("/javascript/") else self.server.htdocs / path[1:]
            if file.is_file():
                self.file(file.name, file.read_bytes())
            else:
                self.reply(404, "text/plain", b"not found")

    def token(self) -> None:
        site = self.server
        mode = site.next.pop(0) if site.next else site.mode
        site.headers.append(dict(self.headers))
        site.asked.append(site.clock.monotonic())
        if mode == "drop":
            self.close_connection = True
            self.connection.close()
            return
        if mode == "slow":
            site.released.wait(60)
        if isinstance(mode, tuple):
            status, body, headers = mode
            self.reply(status, "application/json", body.encode(), headers)
            return
        token = site.tokens[-1] if mode == "same" and site.tokens else site.mint()
        site.tokens.append(token)
        self.reply(200, "application/json", json.dumps({"token": token, "expires_in": site.ttl}).encode())

    def file(self, name: str, content: bytes) -> None:
        """As the includes have it: kept by browsers, and asked for each time."""
        tag = f'"{hashlib.sha1(content).hexdigest()}"'
        is_there = self.headers["If-None-Match"] == tag
        self.reply(
            304 if is_there else 200, mimetypes.guess_type(name)[0], b"" if is_there else content,
            {"Cache-Control": "no-cache", "ETag": tag})

    def reply(self, status: int, type: str, body: bytes, headers: dict[str, str] = {}) -> None:
        self.send(status, {
            "Content-Type": type, "Content-Security-Policy": self.server.policy, "Cache-Control": "no-store", **headers,
        }, body)
