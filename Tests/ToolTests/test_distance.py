"""The distance that benchmarks put between browser and server."""

from __future__ import annotations

import http.client
import http.server
import threading
import time
from collections.abc import Iterator

import pytest

from Support.distance import INITIAL_WINDOW, Distance

ROUND_TRIP = 0.2


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"x" * int(self.path[1:])
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def round_trips(connection: http.client.HTTPConnection, size: int) -> float:
    """How many a response of that many bytes takes; at least, where the machine is busy."""
    began = time.monotonic()
    connection.request("GET", f"/{size}")
    assert len(connection.getresponse().read()) == size
    return (time.monotonic() - began) / ROUND_TRIP


@pytest.mark.parametrize("tcp, sizes", [
    (False, [(1, 1), (1, 10), (1, 20 * INITIAL_WINDOW)]),
    # A handshake first. Then the window has grown by what was sent; each round trip doubles it.
    (True, [(2, 10), (1, 10), (2, 2 * INITIAL_WINDOW), (3, 20 * INITIAL_WINDOW)]),
], ids=["a round trip a request", "TCP"])
def test_a_response_takes_its_round_trips(port, tcp, sizes) -> None:
    distance = Distance(port, ROUND_TRIP, tcp)
    connection = http.client.HTTPConnection("127.0.0.1", distance.port, timeout=60)
    for least, size in sizes:
        assert round_trips(connection, size) >= least - 0.01
    assert distance.connections == 1 and distance.bytes > sum(size for _, size in sizes)
    connection.close()
    distance.close()
