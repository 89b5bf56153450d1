"""More than one machine: three with a responder each, and a balancer in front, under load, while they fail in turn.

A retry may save each request of which no byte of an answer has come back. The counts are printed (`-rP`).
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest
from load import Load, under_load
from network import Machine
from recipes import Haproxy, HaproxyServer
from servers import REPOSITORY, Apache, Server, wait_until
from tokens import KEY, PIPE
from transports import INCLUDE

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make networks")

README = (REPOSITORY / "README.md").read_text()
PORT = 9100
CLIENTS = 8
# How often each fault happens: for more than a test, CHARTS_TOKEN_TURNS=9.
TURNS = int(os.environ.get("CHARTS_TOKEN_TURNS", "1"))


class RemoteResponder(Server):
    """`charts-token serve` on a machine of its own. Its tokens say which."""

    def __init__(self, directory: Path, program: Path, number: int, balancer: Machine) -> None:
        directory.mkdir()
        super().__init__(directory)
        self.program = program
        self.machine = Machine()
        self.prefix = self.machine.prefix
        self.name = f"machine {number}"
        self.address = f"10.77.{number}.2"
        balancer.connect(self.machine, f"to{number}", (f"10.77.{number}.1", self.address))

    def command(self) -> list[str]:
        settings = {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": PIPE, "TINYBIRD_TOKEN_NAME": self.name}
        variables = [f"{name}={value}" for name, value in settings.items()]
        return ["env", *variables, str(self.program), "serve", "--listen", f"{self.address}:{PORT}"]

    def accepts(self) -> bool:
        """Whether the program has come as far as to listen (state 0A)."""
        process = Path(f"/proc/{self.pid}")
        is_program = (process / "comm").read_text().strip() == self.program.name[:15]
        return is_program and f":{PORT:04X} 00000000:0000 0A" in (process / "net/tcp").read_text()

    def close(self) -> None:
        super().close()
        self.machine.close()


def readme(name: str) -> str:
    return re.search(rf"^<!-- test: {name} -->\n```\w+\n(.*?)^```$", README, re.M | re.S)[1]


def with_members(text: str, machines: list[RemoteResponder]) -> str:
    """A configuration with its example's addresses replaced by the machines'."""
    for number, machine in enumerate(machines, start=1):
        assert text.count(f"10.0.0.{number}:{PORT}") == 1
        text = text.replace(f"10.0.0.{number}:{PORT}", f"{machine.address}:{PORT}")
    return text


def apache(directory: Path, machines: list[RemoteResponder]) -> Server:
    """Apache with the README's lines."""
    text = with_members(readme("balancer"), machines).replace("conf-available/charts-token.conf", str(INCLUDE))
    return Apache(directory, text, ["proxy", "proxy_fcgi", "proxy_balancer", "lbmethod_byrequests", "slotmem_shm", "headers"])


def haproxy(directory: Path, machines: list[RemoteResponder]) -> Server:
    """HAProxy with the file from packaging, its one server replaced by those that stand there as a comment."""
    text = with_members(Haproxy.recipe.read_text(), machines)
    one = "    server charts-token /charts-token.sock proto fcgi\n"
    many = re.search(r"^    # More than one machine.*\n(?:    # .*\n)*((?:    #\S.*\n)+)", text, re.M)[1]
    assert one in text
    text = text.replace(one, "").replace(many, many.replace("    #", "    "))
    file = directory / Haproxy.recipe.name
    file.write_text(text.replace("/usr/share/charts-token/htdocs", str(REPOSITORY / "apache/htdocs")))
    return HaproxyServer(directory, file, directory)


@dataclass
class Cluster:
    """The machines, and the load on their balancer."""

    machines: list[RemoteResponder]
    load: Load
    served: Counter[str]

    def serves(self, machine: RemoteResponder) -> None:
        """Waits until a machine gets its share again, and every client an answer."""
        before = self.served[machine.name]
        wait_until(lambda: self.served[machine.name] >= before + 20, f"{machine.name} to serve", 30)
        self.load.settle()


def take_without_an_answer(cluster: Cluster, machine: RemoteResponder) -> None:
    """Halts a responder, and returns when it has been asked."""
    machine.send(signal.SIGSTOP)
    wait_until(cluster.load.waiting, "requests in flight")


@pytest.fixture(params=[apache, haproxy], ids=["Apache", "HAProxy"])
def cluster(request: pytest.FixtureRequest, directory: Path, program: Path, running) -> Iterator[Cluster]:
    front = Machine()
    request.addfinalizer(front.close)
    machines = [running(RemoteResponder(directory / str(number), program, number, front)) for number in (1, 2, 3)]
    make: Callable[[Path, list[RemoteResponder]], Server] = request.param
    balancer = make(directory, machines)
    balancer.prefix = front.prefix
    running(balancer)
    served: Counter[str] = Counter()

    def verify(body: bytes) -> bool:
        claims = jwt.decode(json.loads(body)["token"], KEY, algorithms=["HS256"])
        served[claims["name"]] += 1
        return True

    with under_load(balancer.port, CLIENTS, enter=front.enter, accept=verify) as load:
        found = Cluster(machines, load, served)
        for machine in machines:
            found.serves(machine)
        yield found


def turns(cluster: Cluster) -> list[RemoteResponder]:
    """The machines that fail, one after the other."""
    return [cluster.machines[turn % 3] for turn in range(TURNS)]


def assert_lost(cluster: Cluster, request: pytest.FixtureRequest, what: str, cuts: int = 0) -> None:
    """Fails when a request was lost that a retry may save; Apache makes none after a timeout, but answers 504: to what
    is in flight when a link is cut, at most one request of each client."""
    load = cluster.load
    load.end()
    by = request.node.callspec.id
    print(f"{by}: longest request {load.longest:.1f} s; answered by {dict(sorted(cluster.served.items()))}")
    load.assert_lost(f"{what}, {by}", at_most=cuts * CLIENTS if by == "Apache" else 0)
    assert load.failures.keys() <= {"504"}


def test_a_killed_responder_loses_no_request(cluster: Cluster, request) -> None:
    for machine in turns(cluster):
        machine.kill()
        cluster.load.settle()
        machine.start()
        cluster.serves(machine)
    assert_lost(cluster, request, f"kill -9 of a responder, {TURNS} ×")


def test_requests_in_flight_at_a_killed_responder_are_answered_by_another(cluster: Cluster, request) -> None:
    for machine in turns(cluster):
        take_without_an_answer(cluster, machine)
        machine.kill()
        cluster.load.settle()
        machine.start()
        cluster.serves(machine)
    assert_lost(cluster, request, f"kill -9 of a responder with requests in flight, {TURNS} ×")


def test_a_cut_link_loses_nothing_but_what_is_on_it(cluster: Cluster, request) -> None:
    for machine in turns(cluster):
        take_without_an_answer(cluster, machine)
        machine.machine.cut()
        machine.send(signal.SIGCONT)
        cluster.load.settle()
        machine.machine.mend()
        cluster.serves(machine)
    assert_lost(cluster, request, f"link cut with requests in flight, and mended, {TURNS} ×", cuts=TURNS)


def test_a_restart_of_a_machine_loses_nothing_but_what_it_was_asked(cluster: Cluster, request) -> None:
    for machine in turns(cluster):
        machine.machine.cut()
        machine.kill()
        cluster.load.settle()
        # The machine is there before its responder is.
        machine.machine.mend()
        cluster.load.settle()
        machine.start()
        cluster.serves(machine)
    assert_lost(cluster, request, f"restart of a machine, {TURNS} ×", cuts=TURNS)


def test_one_machine_of_three_is_enough(cluster: Cluster, request) -> None:
    first, second, third = cluster.machines
    for _ in range(TURNS):
        first.kill()
        second.machine.cut()
        cluster.serves(third)
        first.start()
        second.machine.mend()
        for machine in cluster.machines:
            cluster.serves(machine)
    assert_lost(cluster, request, f"one killed and one cut off, {TURNS} ×", cuts=TURNS)
