"""Other releases of Debian: what web servers, logins and packages do there."""

from __future__ import annotations

import subprocess

import pytest

from Support.marks import as_root
from Support.repository import TESTS


@pytest.mark.long
@as_root
@pytest.mark.parametrize("release", ["11", "13", "testing"])
def test_everything_works_on_other_releases(release: str) -> None:
    run = subprocess.run([TESTS / "distributions", release], capture_output=True, text=True)
    print(run.stdout)
    assert run.returncode == 0, run.stderr
