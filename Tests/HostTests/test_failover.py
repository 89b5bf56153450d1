"""More than one machine: three with a responder each, and a balancer in front, under load, while they fail in turn.

A retry may save each request of which no byte of an answer has come back. The counts are printed (`-rP`).
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest

from Support.balancers import BALANCERS, RemoteResponder, balancer
from Support.load import Load, under_load
from Support.network import Machine
from Support.tokens import KEY
from Support.waiting import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make networks")

CLIENTS = 8
ONCE_OR_OFTEN = pytest.mark.parametrize("turns", [1, pytest.param(9, marks=pytest.mark.long)])


@dataclass
class Cluster:
    """The machines, and the load on their balancer."""

    balanced_by: str
    responders: list[RemoteResponder]
    load: Load
    # How many tokens each has signed, by its name.
    served: Counter[str]

    def in_turn(self, turns: int) -> list[RemoteResponder]:
        """Those that fail, one after the other."""
        return [self.responders[turn % len(self.responders)] for turn in range(turns)]

    def serves(self, responder: RemoteResponder) -> None:
        """Waits until a responder gets its share again, and every client an answer."""
        before = self.served[responder.name]
        wait_until(lambda: self.served[responder.name] >= before + 20, f"{responder.name} to serve", 120)
        self.load.settle()

    def kill(self, responder: RemoteResponder) -> None:
        """Kills a responder, and starts it again once every client has an answer from the others."""
        responder.kill()
        self.load.settle()
        responder.start()
        self.serves(responder)

    def ask_in_vain(self, responder: RemoteResponder) -> None:
        """Halts a responder, and returns when requests are in flight to it."""
        responder.send(signal.SIGSTOP)
        wait_until(self.load.waiting, "requests in flight")

    def assert_lost(self, what: str, cuts: int = 0) -> None:
        """Fails when a request was lost that a retry may save. Apache makes none after a timeout, but answers 504: to
        what is in flight when a link is cut, at most one request of each client."""
        self.load.end()
        print(f"longest request {self.load.longest:.1f} s; answered by {dict(sorted(self.served.items()))}")
        at_most = cuts * CLIENTS if self.balanced_by == "Apache" else 0
        self.load.assert_lost(f"{what}, {self.balanced_by}", at_most)
        assert self.load.failures.keys() <= {"504"}


@pytest.fixture(params=BALANCERS.keys())
def cluster(request: pytest.FixtureRequest, directory: Path, program: Path, running) -> Iterator[Cluster]:
    front = Machine()
    request.addfinalizer(front.close)
    responders = [running(RemoteResponder(directory / str(number), program, number, front)) for number in (1, 2, 3)]
    web_server = running(balancer(request.param, directory, front, responders))
    served: Counter[str] = Counter()

    def verify(body: bytes) -> bool:
        try:
            claims = jwt.decode(json.loads(body)["token"], KEY, algorithms=["HS256"])
        except (jwt.InvalidTokenError, ValueError, KeyError):
            return False
        served[claims["name"]] += 1
        return True

    with under_load(web_server.port, CLIENTS, enter=front.enter, accept=verify) as load:
        found = Cluster(request.param, responders, load, served)
        for responder in responders:
            found.serves(responder)
        yield found


@ONCE_OR_OFTEN
def test_a_killed_responder_loses_no_request(cluster: Cluster, turns: int) -> None:
    for responder in cluster.in_turn(turns):
        cluster.kill(responder)
    cluster.assert_lost(f"kill -9 of a responder, {turns} ×")


@ONCE_OR_OFTEN
def test_requests_in_flight_at_a_killed_responder_are_answered_by_another(cluster: Cluster, turns: int) -> None:
    for responder in cluster.in_turn(turns):
        cluster.ask_in_vain(responder)
        cluster.kill(responder)
    cluster.assert_lost(f"kill -9 of a responder with requests in flight, {turns} ×")


@ONCE_OR_OFTEN
def test_a_cut_link_loses_nothing_but_what_is_on_it(cluster: Cluster, turns: int) -> None:
    for responder in cluster.in_turn(turns):
        cluster.ask_in_vain(responder)
        responder.machine.cut()
        responder.send(signal.SIGCONT)
        cluster.load.settle()
        responder.machine.mend()
        cluster.serves(responder)
    cluster.assert_lost(f"link cut with requests in flight, and mended, {turns} ×", cuts=turns)


@ONCE_OR_OFTEN
def test_a_restart_of_a_machine_loses_nothing_but_what_it_was_asked(cluster: Cluster, turns: int) -> None:
    for responder in cluster.in_turn(turns):
        responder.machine.cut()
        responder.kill()
        cluster.load.settle()
        # The machine is there before its responder is.
        responder.machine.mend()
        cluster.load.settle()
        responder.start()
        cluster.serves(responder)
    cluster.assert_lost(f"restart of a machine, {turns} ×", cuts=turns)


@ONCE_OR_OFTEN
def test_one_machine_of_three_is_enough(cluster: Cluster, turns: int) -> None:
    first, second, third = cluster.responders
    for _ in range(turns):
        first.kill()
        second.machine.cut()
        cluster.serves(third)
        first.start()
        second.machine.mend()
        for responder in cluster.responders:
            cluster.serves(responder)
    cluster.assert_lost(f"one killed and one cut off, {turns} ×", cuts=turns)
