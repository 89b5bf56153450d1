"""Processes of the program that somebody kills or restarts, and how many of four clients' requests that costs."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from Support.fastcgi import is_read, request
from Support.load import Load, under_load
from Support.recipes import Caddy, Haproxy, Nginx
from Support.servers import Server
from Support.supervisor import Supervised
from Support.transports import LighttpdFastCgi, ModFcgid, ModProxyFcgi, ModProxyFcgiReuse, Site
from Support.waiting import wait_until

CLIENTS = 4


class ModFcgidEager(ModFcgid):
    """mod_fcgid that starts processes again however many have ended; by default requests wait ever longer for them."""

    def make_server(self, key: str | None) -> Server:
        self.global_config = "FcgidSpawnScoreUpLimit 100000"
        return super().make_server(key)


class ModProxyFcgiSupervised(ModProxyFcgi):
    responder_type = Supervised


class ModProxyFcgiReuseSupervised(ModProxyFcgiReuse):
    responder_type = Supervised


class NginxSupervised(Nginx):
    responder_type = Supervised


class HaproxySupervised(Haproxy):
    responder_type = Supervised


class CaddySupervised(Caddy):
    responder_type = Supervised


SUPERVISED: dict[str, type[Site]] = {
    "serve behind mod_proxy_fcgi": ModProxyFcgiSupervised,
    "serve behind mod_proxy_fcgi with enablereuse": ModProxyFcgiReuseSupervised,
    "serve behind nginx": NginxSupervised,
    "serve behind HAProxy": HaproxySupervised,
    "serve behind Caddy": CaddySupervised,
}
HOSTS = {"mod_fcgid": ModFcgidEager, "lighttpd bin-path": LighttpdFastCgi, **SUPERVISED}
FEW_OR_MANY = pytest.mark.parametrize("times", [2, pytest.param(20, marks=pytest.mark.long)])


def processes(site: Site) -> list[int]:
    return [site.responder.pid] if site.responder else site.server.processes("charts-token")


def is_gone(process: int) -> bool:
    """Whether the kernel has closed all that the process had open."""
    try:
        return all(
            task.read_text().rpartition(")")[2].split()[0] in "ZX" for task in Path(f"/proc/{process}/task").glob("*/stat"))
    except OSError:
        return True


def victims(site: Site) -> list[int]:
    """All of the site's processes; of lighttpd's two one, as it answers 503 for up to a second when both have gone."""
    found = sorted(processes(site))
    return found[:1] if isinstance(site, LighttpdFastCgi) else found


def end(killed: list[int]) -> None:
    """Kills processes. A request that comes while the kernel closes their sockets would be in flight."""
    for process in killed:
        os.kill(process, signal.SIGKILL)
    wait_until(lambda: all(map(is_gone, killed)), "the processes to go")


def kill(site: Site, load: Load) -> None:
    """Ends processes between two requests."""
    killed = victims(site)
    with load.paused():
        end(killed)


def settle(site: Site, load: Load) -> None:
    """Waits until all processes are there, and every client is served."""
    load.settle()
    if isinstance(site, LighttpdFastCgi):
        wait_until(lambda: len(processes(site)) == 2, "both processes")


@FEW_OR_MANY
@pytest.mark.parametrize("name", HOSTS)
def test_a_kill_of_idle_processes_loses_no_request(
    name: str, times: int, directory: Path, program: Path, running
) -> None:
    site = running(HOSTS[name](directory, program))
    with under_load(site.server.port, CLIENTS) as load:
        for _ in range(times):
            settle(site, load)
            kill(site, load)
        load.settle()
    load.assert_lost(f"kill -9, idle, {times} times: {name}", at_most=0)


@FEW_OR_MANY
@pytest.mark.parametrize("name", HOSTS)
def test_a_kill_in_flight_loses_no_other_request(
    name: str, times: int, directory: Path, program: Path, running
) -> None:
    site = running(HOSTS[name](directory, program))
    in_flight = 0
    with under_load(site.server.port, CLIENTS) as load:
        for _ in range(times):
            settle(site, load)
            stopped = victims(site)
            with load.paused():
                for process in stopped:
                    os.kill(process, signal.SIGSTOP)
            # Who has a process to wait for, waits for that.
            wait_until(lambda: load.waiting() >= min(len(stopped), CLIENTS), "requests in flight")
            with load.stuck() as requests:
                in_flight += requests
                end(stopped)
        load.settle()
    load.assert_lost(f"kill -9, {in_flight} requests in flight, {times} times: {name}", at_most=in_flight)


@pytest.mark.parametrize("name", SUPERVISED)
def test_a_kill_in_the_midst_of_a_request_loses_that_one(name: str, directory: Path, program: Path, running) -> None:
    site = running(HOSTS[name](directory, program))
    with under_load(site.server.port, CLIENTS) as load:
        load.settle()
        with site.responder.connection() as half:
            half.sendall(request()[:20])
            wait_until(lambda: is_read(half), "the program to read")
            kill(site, load)
            load.settle()
            half.settimeout(60)
            assert half.recv(1) == b""
        load.failures["the half one"] = 1
    load.assert_lost(f"kill -9, one request half read: {name}", at_most=1)


@FEW_OR_MANY
@pytest.mark.parametrize("name", SUPERVISED)
def test_a_restart_by_the_supervisor_loses_no_request(
    name: str, times: int, directory: Path, program: Path, running
) -> None:
    site = running(HOSTS[name](directory, program))
    at_most = 0
    with under_load(site.server.port, CLIENTS) as load:
        for _ in range(times):
            load.settle()
            with site.responder.replaced():
                if "enablereuse" in name:
                    # Apache may be sending a request on a kept connection while its end is on the way, or on one that
                    # a client is about to have.
                    at_most += site.responder.connections() + CLIENTS
                site.responder.send(signal.SIGTERM)
        load.settle()
    load.assert_lost(f"SIGTERM and restart, {times} times: {name}", at_most)
