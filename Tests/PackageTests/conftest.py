"""The packages, built once for all workers of a run."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
for folder in ("ReadmeTests", "HostTests"):
    sys.path.append(str(REPOSITORY / "Tests" / folder))


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[str], Path]:
    """What a command of packaging/ makes, in a directory that the run's workers share."""
    directory = tmp_path_factory.getbasetemp()
    directory = (directory if worker_id == "master" else directory.parent) / "packages"
    directory.mkdir(exist_ok=True)

    def build(command: str) -> Path:
        command = command.strip()
        path = directory / f"{Path(command).name}.path"
        with path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not path.exists():
                run = subprocess.run(
                    ["bash", "-c", f'{command} "$1"', command, directory], cwd=REPOSITORY, capture_output=True,
                    text=True, timeout=900)
                assert run.returncode == 0, run.stderr
                path.write_text(run.stdout)
        return Path(path.read_text().strip())

    return build
