"""Many clients at once, who count what fails."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager


def assert_lost(fault: str, requests: int, lost: int, at_most: int, failures: str = "") -> None:
    """Fails when a fault cost more requests than it may; prints its line of the table (`pytest -rP` shows it)."""
    print(f"FAULT | {fault} | {requests} requests | {lost} lost | at most {at_most} | {failures}")
    assert requests > 0
    assert lost <= at_most, f"{fault}: {lost} of {requests} requests lost: {failures}"


def is_a_token(body: bytes) -> bool:
    return body.startswith(b'{"token":')


# Between two requests of a client, in seconds: a request is always on its way, and the tests beside this one go on.
PAUSE = 0.005


class Load:
    """Client threads that ask for tokens, each request on a connection of its own.

    `enter` is what each thread does first; `accept` says whether an answer's body is what was asked for.

    A connection that is refused or reset before any answer is counted apart: a server that has closed its port isn't
    in the middle of a request.
    """

    def __init__(
        self, port: int, clients: int, requests: int | None = None, *,
        enter: Callable[[], None] = lambda: None, accept: Callable[[bytes], bool] = is_a_token,
    ) -> None:
        self.port = port
        self.requests = requests
        self.enter = enter
        self.accept = accept
        # Seconds that the longest request took, answered or not.
        self.longest = 0.0
        self.answered = 0
        self.unconnected = 0
        self.failures: Counter[str] = Counter()
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._by_client = [0] * clients
        # Each client holds its own while a request is in flight.
        self._in_flight = [threading.Lock() for _ in range(clients)]
        self._may_ask = threading.Event()
        self._may_ask.set()
        self._threads = [threading.Thread(target=self._client, args=[index]) for index in range(clients)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        self._ended.set()
        self.wait()

    def wait(self) -> None:
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "a request hangs"

    def settle(self) -> None:
        """Waits until every client is answered again and again, so that none waits for anything: none is far behind the
        others, however fast they are on this machine."""
        deadline = time.monotonic() + 120
        before = list(self._by_client)
        while True:
            time.sleep(0.25)
            answered = [now - then for then, now in zip(before, self._by_client)]
            if min(answered) >= 5 and max(answered) <= 4 * min(answered):
                return
            assert time.monotonic() < deadline, f"clients wait: {before}, {self._by_client}, {self.failures}"
            if max(answered) >= 20:
                before = list(self._by_client)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Within the block no request is in flight; right after it all clients go on."""
        self._may_ask.clear()
        with ExitStack() as stack:
            stack.callback(self._may_ask.set)
            for lock in self._in_flight:
                stack.enter_context(lock)
            yield

    def waiting(self) -> int:
        """How many clients have been waiting for an answer for a quarter of a second."""
        before = list(self._by_client)
        time.sleep(0.25)
        return sum(now == then for then, now in zip(before, self._by_client))

    @contextmanager
    def stuck(self) -> Iterator[int]:
        """How many requests are in flight that nobody answers; within the block no other is begun."""
        self._may_ask.clear()
        try:
            self.waiting()
            yield sum(lock.locked() for lock in self._in_flight)
        finally:
            self._may_ask.set()

    def assert_lost(self, fault: str, at_most: int) -> None:
        """Fails when more requests than that weren't answered with a token."""
        lost = sum(self.failures.values()) + self.unconnected
        assert_lost(fault, self.answered + lost, lost, at_most, str(dict(self.failures)))

    def _client(self, index: int) -> None:
        self.enter()
        done = 0
        while not self._ended.is_set() and done != self.requests:
            self._may_ask.wait()
            with self._in_flight[index]:
                # It may have been taken back since.
                if not self._may_ask.is_set():
                    continue
                began = time.monotonic()
                failure, unconnected = self._request()
            done += 1
            with self._lock:
                self.longest = max(self.longest, time.monotonic() - began)
                if unconnected:
                    self.unconnected += 1
                elif failure:
                    self.failures[failure] += 1
                else:
                    self.answered += 1
                    self._by_client[index] += 1
            if unconnected:
                # The server is gone, or comes back.
                self._ended.wait(0.02)
            elif self.requests is None:
                self._ended.wait(PAUSE)

    def _request(self) -> tuple[str, bool]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", "/generate-token", headers={"Connection": "close"})
            response = connection.getresponse()
        except (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected):
            return "", True
        # What is a TimeoutError from Python 3.10 on.
        except socket.timeout:
            return "hung", False
        except (OSError, http.client.HTTPException) as error:
            return repr(error), False
        try:
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return f"in the answer: {error!r}", False
        finally:
            connection.close()
        return ("" if response.status == 200 and self.accept(body) else f"{response.status}"), False


@contextmanager
def under_load(port: int, clients: int = 4, **options) -> Iterator[Load]:
    """Clients that go on until the block ends."""
    load = Load(port, clients, **options)
    try:
        yield load
    finally:
        load.end()
