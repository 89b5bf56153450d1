"""The archive for other Linux hosts: what is in it, and that it can be trusted to be that."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tarfile
from pathlib import Path

import pytest

from Support.packages import contents
from Support.readme import SCOPES, claims_in, links
from Support.repository import REPOSITORY
from Support.tokens import KEY


@pytest.fixture(scope="session")
def unpacked(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("tarball")
    subprocess.run(["tar", "-xzf", tarball, "-C", directory], check=True)
    # One directory, named like the archive.
    assert os.listdir(directory) == [tarball.name.removesuffix(".tar.gz")]
    return next(directory.iterdir())


def version(unpacked: Path) -> list[str]:
    return subprocess.run(
        [unpacked / "charts-token", "--version"], check=True, capture_output=True, text=True).stdout.splitlines()


def test_it_has_all_that_a_host_needs(unpacked: Path, page: Path) -> None:
    expected = {"README.md", "charts-token", "charts-token.1", "charts-token.spdx.json", "SHA256SUMS",
                "packaging/README.md", "packaging/systemd/charts-token.service",
                "packaging/nginx/charts-token.conf"}
    for folder in ["apache", "lighttpd"]:
        expected |= {str(path.relative_to(REPOSITORY)) for path in (REPOSITORY / folder).rglob("*") if path.is_file()}
    # What is served from a clone alone.
    expected.remove("apache/serve")
    expected = {path for path in expected if not path.startswith("apache/htdocs/")}
    expected |= {f"apache/htdocs/{path.name}" for path in page.iterdir()}
    present = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}
    assert expected <= present
    assert all(path in expected or re.fullmatch(r"packaging/[a-z]+/charts-token\.\w+", path) for path in present)


def test_its_page_has_fewer_and_smaller_scripts(unpacked: Path, page: Path) -> None:
    assert contents(unpacked / "apache/htdocs") == contents(page)
    assert (unpacked / "packaging/haproxy/charts-token.cfg").read_bytes() == (page.parent / "charts-token.cfg").read_bytes()


def test_its_program_is_static_and_knows_its_commit(unpacked: Path) -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout.strip()
    lines = version(unpacked)
    assert lines[1].startswith(f"commit {commit}")
    assert lines[2].endswith(", linked statically")
    assert "statically linked" in subprocess.run(
        ["file", unpacked / "charts-token"], check=True, capture_output=True, text=True).stdout


def test_the_wrapper_answers_from_beside_it(unpacked: Path, tmp_path: Path) -> None:
    home = tmp_path / "charts-token"
    home.mkdir()
    (home / "charts-token").symlink_to(unpacked / "charts-token")
    (home / "charts-token.env").write_text(f"TINYBIRD_SIGNING_KEY='{KEY}' TINYBIRD_PIPES='sales_by_city'\n")
    wrapper = tmp_path / "generate-token"
    wrapper.write_text((unpacked / "apache/generate-token.example").read_text().replace("/home/user", str(tmp_path)))
    answer = subprocess.run(
        ["sh", wrapper], env={"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET"}, check=True, capture_output=True,
        text=True, timeout=60).stdout
    assert claims_in(answer.partition("\n\n")[2])["scopes"] == SCOPES


def test_every_link_of_its_documents_leads_somewhere(unpacked: Path) -> None:
    found = [link for document in unpacked.rglob("*.md") for link in links(document)]
    assert ("apache/LOGINS.md#openid-connect", True) in found
    assert [link for link, leads in found if not leads] == []


def test_its_checksums_are_right_and_name_every_file(tarball: Path, unpacked: Path) -> None:
    subprocess.run(["sha256sum", "--check", "--strict", f"{tarball.name}.sha256"], cwd=tarball.parent, check=True)
    subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=unpacked, check=True)
    named = {line.split("  ")[1] for line in (unpacked / "SHA256SUMS").read_text().splitlines()}
    assert named | {"SHA256SUMS"} == {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if path.is_file()}


def test_its_bill_of_materials_names_what_is_linked_and_the_versions(unpacked: Path) -> None:
    bill = json.loads((unpacked / "charts-token.spdx.json").read_text())
    packages = {package["name"]: package["versionInfo"] for package in bill["packages"]}
    swift = subprocess.run(["swift", "--version"], check=True, capture_output=True, text=True).stdout
    fastcgi = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Version}", "libfcgi-dev"], check=True, capture_output=True, text=True).stdout
    pinned = re.search(r'swift-argument-parser", exact: "([^"]+)"', (REPOSITORY / "Package.swift").read_text())[1]
    lines = version(unpacked)
    assert bill["spdxVersion"] == "SPDX-2.3"
    assert packages["charts-token"] == lines[0].split()[1]
    assert packages["openssl"].startswith(lines[2].split()[1] + "-")
    assert packages["libfcgi"] == fastcgi
    assert f"Swift version {packages['swift']} " in swift
    assert packages["swift-argument-parser"] == pinned
    assert "glibc" in packages
    # What OpenSSL was built with.
    configured = subprocess.run(
        ["pkg-config", "--static", "--libs", "libcrypto"], check=True, capture_output=True, text=True).stdout.split()
    assert ("zlib" in packages, "libzstd" in packages) == ("-lz" in configured, "-lzstd" in configured)
    linked = {part["relatedSpdxElement"] for part in bill["relationships"] if part["relationshipType"] == "STATIC_LINK"}
    assert linked == {package["SPDXID"] for package in bill["packages"]} - {"SPDXRef-charts-token"}


@pytest.mark.slow
def test_it_is_the_same_when_it_is_built_again(tarball: Path, tmp_path: Path) -> None:
    again = subprocess.run(
        [REPOSITORY / "packaging/build-tarball", tmp_path], check=True, capture_output=True, text=True, timeout=600)
    assert Path(again.stdout.strip()).read_bytes() == tarball.read_bytes()


def test_nothing_in_it_has_an_owner_or_a_time_of_its_own(tarball: Path) -> None:
    commit = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout
    with tarfile.open(tarball) as archive:
        for member in archive.getmembers():
            assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", "")
            assert member.mtime == int(commit)
            is_program = member.name.count("/") == 1 and member.name.endswith("/charts-token")
            # The program isn't for its user to read: see apache/SECURITY.md.
            assert member.mode == (0o711 if is_program else 0o755 if member.isdir() else 0o644)


def test_no_build_of_a_package_knows_the_key() -> None:
    # Manifests of dependencies run in it.
    shown = subprocess.run(
        ["bash", "-euc", "source packaging/common.sh; env"], cwd=REPOSITORY, check=True, capture_output=True, text=True,
        env=os.environ | {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": "sales"}).stdout
    assert "CHARTS_TOKEN_COMMIT=" in shown
    assert "TINYBIRD_" not in shown
    for script in ("build-deb", "build-tarball"):
        assert '. "$(dirname "${BASH_SOURCE[0]}")/common.sh"\n' in (REPOSITORY / "packaging" / script).read_text()
