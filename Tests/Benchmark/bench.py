"""Benchmark: charts-token beside other ways to answer the same token, behind the same web servers, in one run.

Prints tables. The first: requests per second, as a ratio to a C responder's that signs nothing too; latencies; CPU
time of the backend per request; its memory. Medians of interleaved rounds. The second: instructions in user space, by
callgrind. As root, a third one: balancers with three machines. Nothing is asserted.

    Tests/bench [ROUNDS [SECONDS [PROGRAM]]]    3 rounds of 4 seconds each, unless said

PROGRAM is another build of charts-token, such as one from before a change: it gets rows of its own ("before").
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path

import jwt

from Benchmark import instructions, machines, measure
from Benchmark.peers import Peer, everybody
from Support.apache import Apache
from Support.lighttpd import Lighttpd
from Support.servers import IS_ROOT
from Support.tokens import KEY, PIPE, WORKSPACE

MODULES = ["proxy", "proxy_fcgi", "proxy_http", "fcgid", "wsgi", "cgid"]
BASE = "C, signs nothing, mod_proxy_fcgi, 8 threads"


def main(rounds: int = 3, seconds: int = 4, before: Path | None = None) -> None:
    directory = Path(tempfile.mkdtemp(prefix="charts-token-bench-"))
    directory.chmod(0o755)
    try:
        with ExitStack() as stack:
            report(measured(directory, stack, rounds, seconds, before), rounds, seconds)
        count(directory)
        if IS_ROOT:
            machines.report(directory, rounds * seconds)
    finally:
        shutil.rmtree(directory)


def measured(
    directory: Path, stack: ExitStack, rounds: int, seconds: int, before: Path | None,
) -> dict[str, list[tuple[float, ...]]]:
    """Each peer's rows, one a round."""
    (directory / "lighttpd.d").mkdir()
    apache = Apache(directory, "", MODULES)
    peers = everybody(directory, apache.document_root, before)
    apache.config = "\n".join([
        f"<Directory {directory}>\nRequire all granted\n</Directory>",
        *(peer.config for peer in peers if not peer.on_lighttpd)])
    lighttpd = Lighttpd(
        directory / "lighttpd.d", "\n".join(peer.config for peer in peers if peer.on_lighttpd),
        modules=["mod_setenv", "mod_alias", "mod_cgi"])
    for server in [*(peer.server for peer in peers if peer.server), apache, lighttpd]:
        stack.callback(server.close)
        server.start()

    rows: dict[str, list[tuple[float, ...]]] = {peer.name: [] for peer in peers}
    for _ in range(rounds):
        for peer in peers:
            url = (lighttpd if peer.on_lighttpd else apache).url + peer.place
            if peer.signs:
                verify(url)
            rows[peer.name].append(row(peer, url, seconds))
    return rows


def verify(url: str) -> None:
    """Whether the token is the one that all sign."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        claims = jwt.decode(json.load(answer)["token"], KEY, algorithms=["HS256"])
    assert abs(claims.pop("exp") - time.time() - 48 * 3600) <= 5
    assert claims == {
        "workspace_id": WORKSPACE, "name": "charts_token", "scopes": [{"type": "PIPES:READ", "resource": PIPE}]}


def row(peer: Peer, url: str, seconds: int) -> tuple[float, ...]:
    measure.load(url, 1)
    began = measure.cpu_seconds(peer.processes())
    load = measure.load(url, seconds)
    pids = peer.processes()
    cpu = (measure.cpu_seconds(pids) - began) / max(load.requests, 1)
    memory = measure.proportional_memory(pids)
    return load.rate, load.p50, load.p99, (peer.cpu_per_request() or cpu) * 1e6, memory, load.failed


def report(rows: dict[str, list[tuple[float, ...]]], rounds: int, seconds: int) -> None:
    base = statistics.median(rate for rate, *_ in rows[BASE])
    print(f"{measure.CLIENTS} clients, medians of {rounds} rounds of {seconds} s")
    print(f"{'':50}  ratio  requests/s  p50 ms   p99 ms  CPU µs  PSS MB  failed")
    for name, results in rows.items():
        rate, p50, p99, cpu, memory, _ = (statistics.median(column) for column in zip(*results, strict=True))
        failed = sum(result[-1] for result in results)
        print(f"{name:50} {rate / base:6.2f} {rate:11.0f} {p50:7.2f} {p99:8.1f} "
              f"{number(cpu):>7} {number(memory):>7} {failed:7d}")


def number(value: float) -> str:
    """A number; a dash where nothing stays to be measured."""
    return f"{value:.1f}" if value else "–"


def count(directory: Path) -> None:
    c, c_cgi = directory / "responder", directory / "cgi"
    print("\ninstructions in user space                              ours           C")
    for name, ours, peers in [
        ("a CGI request, from the program's start", instructions.cgi_request(),
         instructions.cgi_request(c_cgi, instructions.PEERS)),
        ("a FastCGI request, C signs nothing", instructions.fastcgi_request(kept=False),
         instructions.fastcgi_request(c, kept=False)),
        ("the same on a kept connection", instructions.fastcgi_request(kept=True),
         instructions.fastcgi_request(c, kept=True)),
        ("a constant token", instructions.token(), None),
    ]:
        print(f"{name:46} {ours:13,d} {f'{peers:,d}' if peers else '–':>11}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *map(Path, sys.argv[3:4]))
