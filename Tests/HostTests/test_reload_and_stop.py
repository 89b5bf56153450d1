"""A reload and a stop of the web server lose no request, and wait for nobody."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from Support.apache import Apache
from Support.curl import fetch
from Support.load import under_load
from Support.recipes import Nginx
from Support.tokens import assert_the_guides_token
from Support.transports import TRANSPORTS, ModProxyFcgi, ModProxyFcgiReuse, Site
from Support.waiting import AT_ONCE, wait_until

# mod_cgid's daemon is away for a moment during a reload, in which Apache answers 503, whatever the program does.
WITH_CGID = [name for name in TRANSPORTS if "mod_cgid" in name]
FCGID_CLIENTS = 4
# A request that waits for mod_fcgid to start a process while Apache reloads hangs for good, whatever the program does:
# mod_fcgid 2.3.9 tells it to a manager that has ended.
WITH_FCGID = [name for name in TRANSPORTS if "mod_fcgid" in name]
RELOADABLE = [name for name in TRANSPORTS if name not in [*WITH_CGID, *WITH_FCGID]]


@pytest.mark.parametrize("name", RELOADABLE)
def test_a_graceful_reload_under_load_fails_no_request(name: str, directory: Path, program: Path, running) -> None:
    site = running(TRANSPORTS[name](directory, program))
    with under_load(site.server.port) as load:
        for _ in range(2):
            load.settle()
            assert site.server.reload() < AT_ONCE
        load.settle()
    if not isinstance(site.server, Apache):
        # lighttpd closes its port for a moment.
        load.unconnected = 0
    load.assert_lost(f"2 reloads, {name}", at_most=0)
    assert_the_guides_token(fetch(site.url).body)


def test_a_reload_of_nginx_under_load_fails_no_request(directory: Path, program: Path, running) -> None:
    nginx = running(Nginx(directory, program))
    with under_load(nginx.server.port) as load:
        for _ in range(5):
            load.settle()
            assert nginx.server.reload() < AT_ONCE
        load.settle()
    load.assert_lost("5 reloads, nginx", at_most=0)


@pytest.mark.parametrize("name", WITH_FCGID)
def test_a_graceful_reload_with_mod_fcgid_costs_only_what_waits_for_a_process_then(
    name: str, directory: Path, program: Path, running
) -> None:
    site = running(TRANSPORTS[name](directory, program))
    with under_load(site.server.port, FCGID_CLIENTS) as load:
        for _ in range(2):
            # The processes are started first, so that hardly any request waits for one.
            load.settle()
            assert site.server.reload() < AT_ONCE
        load.settle()
    # A request that the program left without a response would not hang: it would get a 500 after 40 s, FcgidIOTimeout.
    # Of those that hang, each client can have one at each reload.
    assert load.failures.pop("hung", 0) <= 2 * FCGID_CLIENTS
    load.assert_lost(f"2 reloads, {name}", at_most=0)
    assert_the_guides_token(fetch(site.url).body)


@pytest.mark.parametrize("name", WITH_CGID)
def test_a_graceful_reload_with_mod_cgid_costs_only_what_comes_while_its_daemon_is_away(
    name: str, directory: Path, program: Path, running
) -> None:
    site = running(TRANSPORTS[name](directory, program))
    with under_load(site.server.port) as load:
        load.settle()
        assert site.server.reload() < AT_ONCE
        load.settle()
        while_away = sum(load.failures.values())
        for _ in range(3):
            load.settle()
    assert load.failures.keys() <= {"503"}
    assert sum(load.failures.values()) == while_away
    load.assert_lost(f"1 reload, {name}", at_most=100)


def test_a_stop_under_load_cuts_no_answer_short(site: Site) -> None:
    graceful = signal.SIGWINCH if isinstance(site.server, Apache) else signal.SIGINT
    with under_load(site.server.port) as load:
        load.settle()
        assert site.server.stop(graceful) < AT_ONCE
    assert not load.failures


@pytest.mark.parametrize("busy", [True, False], ids=["after requests", "idle"])
def test_a_stop_at_once_waits_for_nobody(site: Site, busy: bool) -> None:
    if busy:
        assert_the_guides_token(fetch(site.url).body)
    assert site.server.stop(signal.SIGTERM) < AT_ONCE


def test_a_stop_leaves_no_process_of_the_program(site: Site) -> None:
    assert_the_guides_token(fetch(site.url).body)
    site.server.stop(signal.SIGTERM)
    if site.responder:
        site.responder.stop(signal.SIGTERM)
    wait_until(lambda: not site.server.processes(), "the program to end")


@pytest.mark.parametrize("by", [ModProxyFcgi, ModProxyFcgiReuse])
def test_a_responder_can_be_replaced_while_apache_runs(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(by(directory, program))
    for _ in range(3):
        assert_the_guides_token(fetch(site.url).body)
    assert site.responder.stop(signal.SIGTERM) < AT_ONCE
    assert fetch(site.url).status == 503
    site.responder.start()
    assert_the_guides_token(fetch(site.url).body)
