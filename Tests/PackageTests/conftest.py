"""The packages."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from Support.packages import DEB, TARBALL, built


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A directory that the run's workers share."""
    if made := os.environ.get("CHARTS_TOKEN_PACKAGES"):
        return Path(made)
    directory = tmp_path_factory.getbasetemp()
    directory = (directory if worker_id == "master" else directory.parent) / "packages"
    directory.mkdir(exist_ok=True)
    return directory


@pytest.fixture(scope="session")
def deb(packages: Path) -> Path:
    """The Debian package."""
    return built(DEB, packages)


@pytest.fixture(scope="session")
def tarball(packages: Path) -> Path:
    """The archive for other Linux hosts."""
    return built(TARBALL, packages)


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
