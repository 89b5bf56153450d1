"""A stand-in for Tinybird's API that keeps what it is asked: over TLS, as the real one, with a certificate of one's own."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from dataclasses import dataclass

from Support.logins import Certificates


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class TinybirdAPI:
    """Answers every request as `GET /v0/pipes/NAME.json` does, and with a cookie, which nobody shall have."""

    def __init__(self, certificates: Certificates) -> None:
        self.asked: list[Asked] = []
        asked = self.asked

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self) -> None:
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                asked.append(Asked(
                    self.command, self.path, {name.lower(): value for name, value in self.headers.items()}, body))
                data = json.dumps({"meta": [{"name": "a", "type": "UInt8"}], "data": [{"a": 1}], "rows": 1}).encode()
                self.send_response(200)
                for name, value in (("Content-Type", "application/json"), ("Content-Length", str(len(data))),
                                    ("Set-Cookie", "of=tinybird")):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_OPTIONS = do_DELETE = answer

            def log_message(self, *_: object) -> None:
                pass

        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.path("server"), certificates.path("server", "key"))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        # The handshake is each connection's own, in its thread.
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
