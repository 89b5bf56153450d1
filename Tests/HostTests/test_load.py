"""More clients than threads, processes and connections: nobody fails, nobody waits for ever."""

from __future__ import annotations

import http.client
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from Support.load import Load, is_a_token
from Support.transports import ModProxyFcgiReuse, Site

CLIENTS = 64


def test_64_clients_on_connections_of_their_own(site: Site) -> None:
    load = Load(site.server.port, CLIENTS, requests=3 if site.is_cgi else 10)
    load.wait()
    assert not load.failures
    assert (load.answered, load.unconnected) == (CLIENTS * (3 if site.is_cgi else 10), 0)


def test_64_clients_that_keep_their_connections(
    transport: type[Site], directory: Path, program: Path, running
) -> None:
    # By Debian's default Apache closes a kept connection after 100 requests; this stays below.
    site = running(transport(directory, program))
    requests = 3 if site.is_cgi else 10

    def client(_: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.server.port, timeout=60)
        answered = 0
        while answered < requests:
            kept = connection.sock is not None
            try:
                connection.request("GET", "/generate-token")
                response = connection.getresponse()
                body = response.read()
            except (ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected):
                # A busy Apache closes idle connections to have workers for others: clients ask again.
                assert kept
                connection.close()
                continue
            assert (response.status, is_a_token(body)) == (200, True)
            answered += 1
        connection.close()

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))


@pytest.mark.parametrize("threads", ["1", "4"])
def test_idle_connections_hold_no_thread(directory: Path, program: Path, running, threads: str) -> None:
    # Apache's children keep more connections to the responder than it has threads.
    site = ModProxyFcgiReuse(directory, program)
    site.responder.environment["TINYBIRD_THREADS"] = threads
    running(site)
    for _ in range(3):
        load = Load(site.server.port, CLIENTS, requests=5)
        load.wait()
        assert not load.failures
        assert load.answered == CLIENTS * 5
