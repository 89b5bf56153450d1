"""The documentation's commands that install nothing, run as they stand there.

One thing is changed in a block: the example's key `p.…` becomes a real one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from Support.readme import BLOCKS, block
from Support.repository import REPOSITORY
from Support.tinybird import Tinybird
from Support.tokens import KEY, SETTINGS
from Support.transports import ModProxyFcgi


def test_check_reports_the_settings() -> None:
    run = subprocess.run(["bash", "-c", BLOCKS["check"]], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "sales_by_city" in run.stdout
    assert KEY not in run.stdout


@pytest.fixture
def tinybird() -> Iterator[Tinybird]:
    """The pipe of the README, and orders of two visitors."""
    tinybird = Tinybird()
    tinybird.workspace.create(
        "orders", "city String, amount UInt32, org_id String", "VALUES ('Berlin', 5, 'alice'), ('Rome', 7, 'bob')")
    tinybird.workspace.deploy("sales_by_city", BLOCKS["pipe"])
    yield tinybird
    tinybird.shutdown()
    tinybird.server_close()


def test_check_asks_tinybird(tinybird) -> None:
    run = subprocess.run(
        ["bash", "-c", BLOCKS["check-online"]], cwd=REPOSITORY, capture_output=True, text=True,
        env=os.environ | {"TINYBIRD_API": f"http://127.0.0.1:{tinybird.server_port}"})
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("ok: the pipe sales_by_city uses org_id\nok: a token opens the pipe sales_by_city: 1 row\n")
    assert KEY not in run.stdout


def test_curl_shows_a_visitors_rows(tinybird) -> None:
    settings = BLOCKS["check-online"].splitlines()[0]
    command = block("curl-tinybird", **{"https://api.tinybird.co": f"http://127.0.0.1:{tinybird.server_port}"})
    run = subprocess.run(["bash", "-c", f"{settings}\n{command}"], cwd=REPOSITORY, capture_output=True, text=True)
    assert json.loads(run.stdout)["data"] == [{"city": "Berlin", "sales": 5}], run.stderr


def test_check_asks_the_site(directory: Path, program: Path) -> None:
    site = ModProxyFcgi(directory, program, settings={**SETTINGS, "TINYBIRD_ALLOWED_ORIGINS": "https://www.example.com"})
    try:
        site.start()
        command = block("check-url", **{"https://your.site/generate-token": site.url})
        run = subprocess.run(["bash", "-c", command], cwd=REPOSITORY, capture_output=True, text=True)
    finally:
        site.close()
    assert run.returncode == 0, run.stdout + run.stderr
    assert "ok: a page of https://www.example.com can read the response" in run.stdout


def test_the_command_for_the_tests_is_the_one_that_ci_runs() -> None:
    command = BLOCKS["tests"].strip()
    assert f"exec {command}" in (REPOSITORY / ".ci/run").read_text()
    assert os.access(REPOSITORY / command, os.X_OK)


def test_the_command_for_one_test_finds_it() -> None:
    run = subprocess.run(
        ["bash", "-c", f"{BLOCKS['one-test'].strip()} --collect-only -q"], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert "test_answers.py::" in run.stdout


def test_the_command_for_the_long_tests_runs_those_and_no_others() -> None:
    command, _, arguments = BLOCKS["tests-long"].strip().partition(" ")
    assert command == BLOCKS["tests"].strip()
    collect = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "Tests/HostTests"]

    def collected(*more: str) -> set[str]:
        run = subprocess.run([*collect, *more], cwd=REPOSITORY, capture_output=True, text=True, check=True)
        return {line for line in run.stdout.splitlines() if "::" in line}

    everything, long = collected("-m", ""), collected(*arguments.split())
    assert long and long < everything
    assert collected() == everything - long
