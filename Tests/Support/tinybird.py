"""A stand-in for Tinybird's two hosts: api.….tinybird.co (endpoints) and app.tinybird.co (chart pages). It verifies each
token as Tinybird does, and goes wrong on demand."""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

import jwt

from Support.tokens import KEY, WORKSPACE

ENDPOINT = "https://api.tinybird.co/v0/pipes/sales_by_city.json"
CHART = "https://app.tinybird.co/gcp/europe-west3/endpoints/sales_by_city/charts/4d21283f-b85c-4ed5-8341-e2625f0e3080"

META = [{"name": "city", "type": "String"}, {"name": "sales", "type": "UInt64"}]
ROWS = [{"city": "Berlin", "sales": 482}, {"city": "Madrid", "sales": 418}, {"city": "Paris", "sales": 394}]

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
    at: float = field(default_factory=time.monotonic)
    status: int = 0


def answer(rows: list = ROWS, meta: list = META) -> dict:
    return {"meta": meta, "data": rows, "rows": len(rows), "statistics": {"elapsed": 0.001}}


class Tinybird(http.server.ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, directory: Path) -> None:
        certificate = directory / "certificate.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days",
             "2", "-subj", "/CN=tinybird.co", "-keyout", certificate, "-out", directory / "public.pem"],
            check=True, capture_output=True, timeout=60)
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(directory / "public.pem", certificate)
        super().__init__(("127.0.0.1", 0), Handler)
        self.released = threading.Event()
        self.reset()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def reset(self) -> None:
        """Forgets what a test has asked for."""
        self.released.set()
        self.released = threading.Event()
        self.requests: list[Request] = []
        self.json = answer()
        # Until further notice, and then for one request each: None as it should be, "drop", "slow", "broken",
        # "mute" (doesn't say whether it is there), or a status with headers.
        self.mode: object = None
        self.next: list[object] = []
        self.refused: set[str] = set()

    def refusal(self, token: str) -> str | None:
        """Why a token isn't good."""
        if token in self.refused:
            return "the token was revoked"
        try:
            claims = jwt.decode(token, KEY, algorithms=["HS256"], options={"require": ["exp"]})
        except jwt.PyJWTError as error:
            return f"invalid token: {error}"
        if claims.get("workspace_id") != WORKSPACE or not claims.get("scopes"):
            return "the token has no access"
        return None

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


class Quiet(http.server.BaseHTTPRequestHandler):
    """Answers without a log, and without minding a browser that has gone."""

    def send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        try:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
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
        host = self.headers["Host"]
        bearer = self.headers.get("Authorization", "").removeprefix("Bearer ")
        request = Request(host, address.path, query, dict(self.headers), query.get("token") or bearer)
        self.server.requests.append(request)
        mode = self.server.next.pop(0) if self.server.next else self.server.mode
        released = self.server.released
        if mode == "drop":
            self.close_connection = True
            self.connection.close()
            return
        if mode == "slow":
            released.wait(60)
        why = self.server.refusal(request.token)
        request.status = 403 if why else 200
        body, headers = json.dumps(self.server.json), {}
        if isinstance(mode, tuple):
            request.status, headers = mode
        if host.startswith("app."):
            page = CHART_PAGE.format(text=why or "the chart", colour="#fcc" if why else "#cfc")
            self.reply(request.status, "text/html", page.encode(), {})
        elif request.status != 200:
            self.reply(request.status, "application/json", json.dumps(
                {"error": f"{why or 'on demand'} ({request.token})", "documentation": "https://…"}).encode(), headers)
        else:
            self.reply(200, "application/json", (body[:-9] if mode == "broken" else body).encode(), headers)

    def reply(self, status: int, type: str, body: bytes, headers: dict[str, str]) -> None:
        self.send(status, {
            "Content-Type": type, "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After",
            **headers}, body)
