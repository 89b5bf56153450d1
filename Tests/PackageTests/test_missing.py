"""What a machine lacks that builds packages is said before anything is built."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from Support.apache_serve import write_script
from Support.repository import REPOSITORY


def said(command: str, path: Path, output: Path) -> str:
    run = subprocess.run(
        [REPOSITORY / "packaging" / command, output], env={"PATH": str(path)}, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stdout, list(output.iterdir())) == (1, "", [])
    return run.stderr


@pytest.mark.parametrize("command, missing", [
    ("build-deb", "dpkg-buildpackage"), ("build-deb", "a package"), ("build-tarball", "esbuild")])
def test_packages_that_are_missing(command: str, missing: str, tools: Path, directory: Path, tmp_path: Path) -> None:
    for tool in tools.iterdir():
        if tool.name != missing:
            (directory / tool.name).symlink_to(tool)
    write_script(directory / "swift", "exit 1\n")
    if missing == "a package":
        (directory / "dpkg-checkbuilddeps").unlink()
        write_script(directory / "dpkg-checkbuilddeps", "exit 1\n")
    assert said(command, directory, tmp_path) == (
        f"{command}: packages are missing: as root, run: apt-get build-dep -y {REPOSITORY}/packaging\n")


@pytest.mark.parametrize("command", ["build-deb", "build-tarball"])
def test_swift_that_is_missing(command: str, tools: Path, tmp_path: Path) -> None:
    assert said(command, tools, tmp_path) == (
        f"{command}: swift is not in the PATH: install Swift 6.3 or newer from https://www.swift.org/install/linux/\n")
