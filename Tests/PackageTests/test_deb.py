"""What is in the Debian package."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from Support.packages import contents
from Support.readme import README, links


@pytest.fixture(scope="session")
def unpacked(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("deb")
    subprocess.run(["dpkg-deb", "-x", deb, directory], check=True)
    return directory


@pytest.mark.slow
def test_lintian_has_no_errors_or_warnings(deb: Path) -> None:
    run = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", deb], capture_output=True, text=True, timeout=300)
    assert (run.returncode, run.stdout) == (0, "")


def test_the_distributions_libraries_are_dependencies(deb: Path) -> None:
    depends = subprocess.run(["dpkg-deb", "-f", deb, "Depends"], check=True, capture_output=True, text=True).stdout
    # libssl3t64 and libfcgi0t64 since Debian 13.
    assert {"libssl3", "libfcgi0", "libc6"} <= {
        re.sub("(ldbl|t64)$", "", dependency.split()[0]) for dependency in depends.split(",")}


def test_the_version_is_the_changelogs(deb: Path, unpacked: Path) -> None:
    version = re.search(r"^## Changelog\n\n### (\S+), \d{4}-\d\d-\d\d\n", README, re.M)[1]
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    assert deb.name == f"charts-token_{version}_{architecture}.deb"
    shown = subprocess.run(
        [unpacked / "usr/bin/charts-token", "--version"], check=True, capture_output=True, text=True).stdout
    assert shown.splitlines()[0] == f"charts-token {version}"


def test_every_link_of_its_documents_leads_somewhere(unpacked: Path, tmp_path: Path) -> None:
    # Links to files elsewhere in the system are absolute ones.
    shutil.copytree(unpacked, tmp_path / "root", symlinks=True)
    for path in (tmp_path / "root").rglob("*"):
        if path.is_symlink() and path.readlink().is_absolute():
            target = tmp_path / "root" / path.readlink().relative_to("/")
            path.unlink()
            path.symlink_to(target)
    found = [link for document in (tmp_path / "root/usr/share/doc").rglob("*.md") for link in links(document)]
    assert ("apache/LOGINS.md#openid-connect", True) in found
    assert ("../packaging/nginx/charts-token.conf", True) in found
    assert [link for link, leads in found if not leads] == []


def test_the_manual_page_has_every_command_and_setting(unpacked: Path) -> None:
    page = subprocess.run(
        ["man", "--local-file", "--warnings", unpacked / "usr/share/man/man1/charts-token.1.gz"], capture_output=True,
        text=True, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MANWIDTH": "100"})
    assert (page.returncode, page.stderr) == (0, "")
    commands, settings = page.stdout.split("\nCOMMANDS\n")[1].split("\nENVIRONMENT\n")
    assert re.findall(r"^   (\w+)", commands, re.M) == ["check", "token", "inspect", "serve"]
    assert re.findall(r"^       (TINYBIRD_\w+)$", settings, re.M) == re.findall(r"^\| `(TINYBIRD_\w+)` \|", README, re.M)
    assert "--listen" in commands and "default: 48h" in settings


def test_its_page_has_fewer_and_smaller_scripts(unpacked: Path, page: Path) -> None:
    share = unpacked / "usr/share"
    for name, content in contents(page).items():
        path = share / "charts-token/htdocs" / name
        # index.html is a configuration file.
        assert (unpacked / path.readlink().relative_to("/") if path.is_symlink() else path).read_bytes() == content
    assert len(list((share / "charts-token/htdocs").iterdir())) == len(contents(page))
    haproxy = share / "doc/charts-token/examples/haproxy/charts-token.cfg"
    assert haproxy.read_bytes() == (page.parent / "charts-token.cfg").read_bytes()
