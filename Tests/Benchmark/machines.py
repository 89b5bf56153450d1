"""CPU time of a request to a balancer with three machines: of the balancer, and of the responders; root alone can."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path

from Benchmark import measure
from Support.balancers import BALANCERS, RemoteResponder, balancer
from Support.network import Machine
from Support.repository import REPOSITORY


def report(directory: Path, seconds: int) -> None:
    print("\nthree machines                  requests/s  CPU µs: balancer, responder  failed")
    program = directory / "charts-token"
    shutil.copy(REPOSITORY / ".build/release/charts-token", program)
    for name in BALANCERS:
        (directory / name).mkdir()
        print(f"{name:30} {line(directory / name, name, program, seconds)}")


def line(directory: Path, name: str, program: Path, seconds: int) -> str:
    with ExitStack() as stack:
        front = Machine()
        stack.callback(front.close)
        responders = []
        for number in (1, 2, 3):
            responders.append(RemoteResponder(directory / str(number), program, number, front))
            stack.callback(responders[-1].close)
        web_server = balancer(name, directory, front, responders)
        stack.callback(web_server.close)
        for server in [*responders, web_server]:
            server.start()
        url = f"{web_server.url}/generate-token"
        measure.load(url, 1, front.prefix)
        groups = [web_server.processes(), [pid for responder in responders for pid in responder.processes()]]
        before = [measure.cpu_seconds(group) for group in groups]
        load = measure.load(url, seconds, front.prefix)
        own, theirs = (
            (measure.cpu_seconds(group) - began) / max(load.requests, 1) * 1e6
            for group, began in zip(groups, before, strict=True))
        return f"{load.rate:11.0f} {own:17.1f}  {theirs:9.1f} {load.failed:7d}"
