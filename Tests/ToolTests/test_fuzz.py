"""The fuzzers find nothing in the time that CI has; with `-m long` they look further."""

from __future__ import annotations

import re
import subprocess

import pytest

from Support.repository import TESTS


@pytest.mark.parametrize("seconds", [6, pytest.param(60, marks=pytest.mark.long)])
def test_fuzzing_finds_nothing(seconds: int) -> None:
    run = subprocess.run([TESTS / "fuzz", str(seconds)], capture_output=True, text=True, timeout=1200)
    assert run.returncode == 0, run.stdout + run.stderr
    runs = dict(re.findall(r"^(\w+) +([\d,]+) (?:runs|streams)", run.stdout, re.M))
    assert runs.keys() == {path.name for path in (TESTS / "FuzzTargets/corpus").iterdir()} | {"program"}
    assert "0" not in runs.values()
