"""A machine that runs out of memory, or whose clock somebody sets."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import jwt
import pytest

from Support.fastcgi import answer, request, request_of, status_and_body
from Support.load import assert_lost, under_load
from Support.repository import REPOSITORY
from Support.responder import Responder
from Support.supervisor import Supervised
from Support.tokens import KEY, LIFETIME, OTHER_KEY, PIPE
from Support.transports import ModProxyFcgi, put_key
from Support.waiting import AT_ONCE

ROUNDS = 2


# ---- Memory ----

class ModProxyFcgiShort(ModProxyFcgi):
    """`serve` with 64 MiB for its data, of which its threads' stacks take half."""

    @staticmethod
    def responder_type(*arguments) -> Supervised:
        return Supervised(*arguments, prefix=["/usr/bin/prlimit", f"--data={64 << 20}"])


def test_a_request_that_needs_more_memory_than_there_is_costs_what_is_in_flight(
    directory: Path, program: Path, running
) -> None:
    # Neither Swift nor libfcgi goes on after an allocation that has failed: the process ends, and the supervisor starts
    # it again.
    site = running(ModProxyFcgiShort(directory, program))
    greedy = request_of(
        {b"REQUEST_METHOD": b"GET", b"TINYBIRD_PIPES": b"x", b"TINYBIRD_TOKEN_NAME": b"x" * 4_000_000}.items())
    with under_load(site.server.port) as load:
        for _ in range(ROUNDS):
            load.settle()
            with site.responder.replaced(), site.responder.connection() as connection:
                connection.sendall(greedy)
                with pytest.raises((AssertionError, OSError)):
                    answer(connection)
        load.settle()
    assert KEY not in site.log()
    load.failures["greedy"] = ROUNDS
    load.assert_lost(f"out of memory, {ROUNDS} times, serve behind mod_proxy_fcgi", at_most=ROUNDS * (1 + 4))


# ---- The clock ----

DAY = 86_400
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"


@pytest.fixture
def clock(directory: Path) -> Path:
    """A file that says by how much the clock is wrong."""
    path = directory / "clock"
    step(path, 0)
    return path


def step(clock: Path, seconds: int) -> None:
    new = clock.with_name("clock.new")
    new.write_text(f"{seconds:+}s\n")
    new.rename(clock)


@pytest.fixture
def stepped(directory: Path, running, clock: Path) -> Responder:
    """The program as `swift test` builds it, linked dynamically, so that libfaketime can stand in front of the C
    library. As when a clock is set, the times of files stay, and so does the clock that counts from the start."""
    built = REPOSITORY / ".build/debug/charts-token"
    assert built.is_file(), f"{built} is not there: run swift build"
    (directory / "bin").mkdir()
    program = directory / "bin/charts-token"
    shutil.copy(built, program)
    # For the program alone, since libfaketime doesn't survive that spawn-fcgi changes the user.
    wrapper = directory / "charts-token"
    wrapper.write_text(f'#!/bin/sh\nexec env LD_PRELOAD={FAKETIME} "{program}"\n')
    wrapper.chmod(0o755)
    key = directory / "key"
    put_key(key, KEY)
    return running(Responder(directory, wrapper, {
        "TINYBIRD_SIGNING_KEY_FILE": str(key), "TINYBIRD_PIPES": PIPE, "TINYBIRD_RENEWAL_WINDOW": "7d",
        "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
    }))


def ask(responder: Responder, **variables: str) -> tuple[int, str]:
    """The status, and the token."""
    with responder.connection() as connection:
        connection.sendall(request(**variables))
        status, body = status_and_body(answer(connection))
    return status, json.loads(body).get("token", "")


def claims(token: str, key: str) -> dict:
    return jwt.decode(token, key, algorithms=["HS256"], options={"verify_exp": False, "verify_iat": False})


@pytest.mark.parametrize("step_by", [DAY, -DAY], ids=["forwards", "backwards"])
def test_a_clock_that_is_set_by_a_day_costs_no_request(
    directory: Path, stepped: Responder, clock: Path, step_by: int
) -> None:
    answered = 0
    renewable = ask(stepped)[1]
    for wrong in (step_by, 0):
        # Begun before, and ended after.
        with stepped.connection() as slow:
            slow.sendall(request()[:20])
            step(clock, wrong)
            for key in (OTHER_KEY, KEY):
                put_key(directory / "key", key)
                for _ in range(20):
                    status, token = ask(stepped)
                    now = int(time.time()) + wrong
                    assert status == 200
                    assert abs(claims(token, key)["exp"] - now - LIFETIME) <= 60
                    assert abs(claims(token, key)["iat"] - now) <= 60
                    answered += 1
            # A day back, the token is of tomorrow, and the page asks anew without it.
            status, _ = ask(stepped, HTTP_AUTHORIZATION=f"Bearer {renewable}")
            assert status == (401 if wrong < 0 else 200)
            # What is overdue is looked for each second.
            began = time.monotonic()
            while time.monotonic() - began < 2.2:
                assert ask(stepped)[0] == 200
                answered += 1
            slow.sendall(request()[20:])
            assert status_and_body(answer(slow))[0] == 200
            answered += 2
    assert_lost(f"the clock set by {step_by:+} s, and back", answered, 0, at_most=0)


def test_a_clock_that_is_set_keeps_nobody_from_stopping_it(stepped: Responder, clock: Path) -> None:
    assert ask(stepped)[0] == 200
    step(clock, -DAY)
    assert ask(stepped)[0] == 200
    assert stepped.stop() < AT_ONCE
    assert stepped.process.returncode == 0
