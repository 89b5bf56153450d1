"""The packages."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from Support.packages import DEB, TARBALL, built, bundled


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
def page(tmp_path: Path) -> Path:
    """What packages have of the page: a directory with HAProxy's lines beside it."""
    return bundled(tmp_path)


@pytest.fixture
def older(deb: Path, tmp_path: Path) -> Path:
    """The package as version 0.1 was: the page below /usr/share, the units in /lib, no server secret, nothing that a script
    made but files for the key; with a program whose bytes are others."""
    tree, package = tmp_path / "older", tmp_path / "older.deb"
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    scripts = tree / "DEBIAN"
    change(scripts / "control", "^Version: .*", "Version: 0.0.1")
    page = tree / "usr/share/charts-token/htdocs/index.html"
    page.unlink()
    (tree / "etc/charts-token/index.html").rename(page)
    (tree / "etc/charts-token").rmdir()
    change(scripts / "conffiles", "^/etc/charts-token/.*\n", "")
    with (scripts / "md5sums").open("a") as sums:
        sums.write(f"{hashlib.md5(page.read_bytes()).hexdigest()}  {page.relative_to(tree)}\n")
    (scripts / "preinst").unlink()
    (tree / "lib").mkdir()
    (tree / "usr/lib/systemd").rename(tree / "lib/systemd")
    # Ours comes first; debhelper's follow.
    change(
        scripts / "postinst", r"(?s)^if \[ .*?^fi$",
        "mkdir -p /etc/charts-token && (umask 077 && : >>/etc/charts-token/key)", 1)
    change(tree / "lib/systemd/system/charts-token.service", "^.*(server-secret|SERVER_SECRET).*\n", "")
    with (tree / "usr/lib/charts-token/charts-token").open("ab") as program:
        program.write(b"older")
    subprocess.run(["dpkg-deb", "-Zgzip", "-z1", "-b", tree, package], check=True, capture_output=True)
    return package


def change(path: Path, pattern: str, replacement: str, times: int = 0) -> None:
    """Replaces what matches in a file, and something must; all of it, unless told how often."""
    text, count = re.subn(pattern, replacement, path.read_text(), count=times, flags=re.M)
    assert count, f"{path} has no {pattern}"
    path.write_text(text)
