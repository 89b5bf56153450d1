"""The soak finds nothing that grows, as far as a short one can; with `-m long` it is a longer one."""

from __future__ import annotations

import subprocess

import pytest

from Support.repository import TESTS


@pytest.mark.slow
@pytest.mark.parametrize("minutes", [0.1, pytest.param(4, marks=pytest.mark.long)])
def test_nothing_grows_and_every_answer_is_right(minutes: float) -> None:
    run = subprocess.run([TESTS / "soak", str(minutes)], capture_output=True, text=True, timeout=minutes * 60 + 300)
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1].startswith("Tests/soak: flat")
