"""A stand-in for Tinybird's two hosts: api.….tinybird.co, a workspace with Tinybird's own template engine and
ClickHouse, and app.tinybird.co (chart pages). It goes wrong on demand."""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import threading
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from Support.clock import Clock
from Support.workspace import Refused, Workspace

ENDPOINT = "https://api.tinybird.co/v0/pipes/sales_by_city.json"
CHART = "https://app.tinybird.co/gcp/europe-west3/endpoints/sales_by_city/charts/4d21283f-b85c-4ed5-8341-e2625f0e3080"

META = [{"name": "city", "type": "String"}, {"name": "sales", "type": "UInt64"}]
ROWS = [{"city": "Berlin", "sales": 482}, {"city": "Madrid", "sales": 418}, {"city": "Paris", "sales": 394}]

SALES_BY_CITY = """%
SELECT * FROM VALUES('city String, sales UInt64', ('Berlin', 482), ('Madrid', 418), ('Paris', 394))
ORDER BY sales DESC LIMIT {{Int32(limit, 1000)}}
"""

FROM_CLICKHOUSE = object()

CHART_PAGE = """<!doctype html><title>Chart</title><style>body {{ margin: 0; background: {colour} }}</style>
<p>{text}</p><input value="a control">"""


@dataclass
class Request:
    """What was asked for, and how it was answered; status 0: not at all."""
    host: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    token: str
    at: float
    status: int = 0

    @property
    def is_for_a_page(self) -> bool:
        return self.host.startswith("app.")


def answer(rows: list = ROWS, meta: list = META) -> dict:
    """JSON as ClickHouse writes it."""
    return {"meta": meta, "data": rows, "rows": len(rows), "statistics": {"elapsed": 0.001}}


class Tinybird(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, directory: Path | None = None) -> None:
        """With a directory, where its certificate is put, it speaks TLS."""
        self.tls = directory and tls_context(directory)
        super().__init__(("127.0.0.1", 0), Handler)
        self.released = threading.Event()
        self.reset()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def reset(self) -> None:
        """Forgets what a test has asked for."""
        self.released.set()
        self.released = threading.Event()
        self.requests: list[Request] = []
        self.clock = Clock()
        self.workspace = Workspace(clock=self.clock)
        self.workspace.publish("sales_by_city", SALES_BY_CITY)
        # A test may say what every endpoint answers.
        self.json: object = FROM_CLICKHOUSE
        # Until further notice, and then for one request each: None as it should be, "drop", "slow", "broken",
        # "mute" (doesn't say whether it is there), or a status with headers.
        self.mode: object = None
        self.next: list[object] = []
        self.refused: set[str] = set()

    def check(self, token: str) -> None:
        """Raises ``Refused`` for a token that isn't good."""
        if token in self.refused:
            raise Refused(403, "the token was revoked")
        self.workspace.scopes(token)

    def body(self, request: Request) -> bytes:
        """What the API answers, if it doesn't refuse."""
        self.check(request.token)
        if request.is_for_a_page:
            return b""
        if self.json is not FROM_CLICKHOUSE:
            return json.dumps(self.json).encode()
        return self.workspace.get(request.path, request.query, request.token)

    def of_host(self, start: str) -> list[Request]:
        return [request for request in self.requests if request.host.startswith(start)]

    @property
    def data(self) -> list[Request]:
        return self.of_host("api.")

    @property
    def pages(self) -> list[Request]:
        return self.of_host("app.")

    def handle_error(self, *_: object) -> None:
        pass  # a browser that went away


def tls_context(directory: Path) -> ssl.SSLContext:
    certificate = directory / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
         "2", "-subj", "/CN=tinybird.co", "-keyout", certificate, "-out", directory / "public.pem"],
        check=True, capture_output=True, timeout=60)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(directory / "public.pem", certificate)
    return tls


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers without a log, and without minding a browser that has gone."""

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            pass  # the browser went away

    def log_message(self, *_: object) -> None:
        pass


class Handler(Quiet):
    server: Tinybird
    protocol_version = "HTTP/1.1"
    timeout = 60

    def setup(self) -> None:
        # In the connection's own thread, so that a slow handshake keeps nobody else waiting.
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def do_OPTIONS(self) -> None:
        self.reply(204, "text/plain", b"", {
            "Access-Control-Allow-Methods": "GET, POST", "Access-Control-Allow-Headers": "Authorization",
            "Access-Control-Max-Age": "0" if self.server.mode == "drop" else "600"})

    def do_HEAD(self) -> None:
        """Whether it can be reached."""
        if self.server.mode == "mute":
            self.server.released.wait(60)
        if self.server.mode == "drop":
            self.close_connection = True
            self.connection.close()
        else:
            self.reply(200, "text/html", b"", {})

    def do_GET(self) -> None:
        address = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(address.query))
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        request = Request(
            self.headers["Host"], address.path, query, dict(self.headers), query.get("token") or bearer,
            self.server.clock.monotonic())
        mode = self.server.next.pop(0) if self.server.next else self.server.mode
        released = self.server.released
        why, body, headers = None, b"", {}
        try:
            body = self.server.body(request)
            status = 200
        except Refused as refused:
            status, why = refused.status, refused
        if isinstance(mode, tuple):
            status, headers = mode
        request.status = 0 if mode == "drop" else status
        self.server.requests.append(request)
        if mode == "drop":
            self.close_connection = True
            self.connection.close()
            return
        if mode == "slow":
            released.wait(60)
        if request.is_for_a_page:
            page = CHART_PAGE.format(text=why or "the chart", colour="#fcc" if why else "#cfc")
            self.reply(status, "text/html", page.encode(), {})
        elif status != 200:
            self.reply(status, "application/json", json.dumps(
                {"error": f"{why or 'on demand'} ({request.token})", "documentation": "https://…"}).encode(), headers)
        else:
            self.reply(200, "application/json", body[:-9] if mode == "broken" else body, headers)

    def reply(self, status: int, type: str, body: bytes, headers: dict[str, str]) -> None:
        self.send(status, {
            "Content-Type": type, "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After",
            **headers}, body)
