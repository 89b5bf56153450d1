"""The packages, built once for all workers of a run."""

from __future__ import annotations

import fcntl
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from Support.readme import BLOCKS
from Support.repository import REPOSITORY


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


@pytest.fixture(scope="session")
def deb(built) -> Path:
    """The Debian package."""
    return built(BLOCKS["build-deb"])


@pytest.fixture
def older(deb: Path, tmp_path: Path) -> Path:
    """The package as one of a lower version, with a program whose bytes are others."""
    tree, package = tmp_path / "older", tmp_path / "older.deb"
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text(re.sub(r"^Version: .*", "Version: 0.0.1", control.read_text(), flags=re.M))
    with (tree / "usr/lib/charts-token/charts-token").open("ab") as program:
        program.write(b"older")
    subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "-b", tree, package], check=True, capture_output=True)
    return package
