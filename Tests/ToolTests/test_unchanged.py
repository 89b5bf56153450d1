"""Tests/unchanged fails where a command leaves the system changed; Tests/run runs all tests by it."""

from __future__ import annotations

import re

import pytest

from Support.booted import Booted, CannotBoot
from Support.layers import in_layer
from Support.marks import as_root
from Support.repository import TESTS


def test_the_tests_are_run_by_it() -> None:
    pytests = re.findall(r"^.*-m pytest.*$", (TESTS / "run").read_text(), re.M)
    assert [line.split()[0] for line in pytests] == ["Tests/unchanged"]


@as_root
def test_a_changed_system_fails_the_command() -> None:
    def tried(command: str) -> str:
        return f"status=0; Tests/unchanged {command} >/dev/null 2>/root/errors || status=$?; echo $status $(grep '^[<>]' /root/errors)\n"

    nothing, status, temporary, file, mode, removed, package = in_layer("".join(map(tried, [
        "true", "sh -c 'exit 3'", "touch /tmp/$$ /var/tmp/new", "touch /etc/new", "chmod 700 /usr/share",
        "rm /var/lib/dpkg/info/curl.list", "apt-get install -y pkg-config"])))
    assert (nothing, status, temporary) == ("0", "3", "0")
    assert file.startswith("1 > /etc/new -rw-r--r--")
    assert mode == "1 < /usr/share drwxr-xr-x root root > /usr/share drwx------ root root"
    assert removed.startswith("1 < /var/lib/dpkg/info/curl.list")
    assert package.startswith("1 ") and " > package pkg-config 1." in package


@as_root
def test_installing_what_the_tests_need_starts_no_service() -> None:
    try:
        system = Booted()
    except CannotBoot as reason:
        pytest.skip(f"no system can be booted here: {reason}")
    try:
        (system.root / "root/install.sh").write_text((TESTS / "install.sh").read_text())
        system.run("bash", "-euc", "source /root/install.sh; install_packages lighttpd")
        assert system.properties("lighttpd", "LoadState", "ActiveState") == ("loaded", "inactive")
        # Which apt-get alone does.
        system.run("apt-get", "install", "-y", "--reinstall", "lighttpd")
        assert system.properties("lighttpd", "ActiveState") == ("active",)
    finally:
        system.close()
