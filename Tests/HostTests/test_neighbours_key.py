"""The ways to the key, and to the server's secret, of neighbours on the same server: each was one once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from Support.apache import Apache
from Support.curl import fetch
from Support.marks import as_root
from Support.neighbours import (
    NOTHING, OWN_KEY, OWN_SECRET, THE_KEY, Tenant, environment_at_start, loot, site_with_author)
from Support.raw import exchange
from Support.servers import SERVER_USER
from Support.tokens import SETTINGS, assert_the_guides_token
from Support.transports import INCLUDE, ModCgid, ModFcgid, ModProxyFcgi, Site, put_key

BY_THE_INCLUDE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])


@as_root
@pytest.mark.parametrize("mode, shown", [(0o711, NOTHING), (0o755, THE_KEY)], ids=["0711", "0755"])
def test_only_a_program_that_its_user_can_read_shows_its_environment_as_it_starts(
    mode: int, shown: str, directory: Path, program: Path
) -> None:
    copy = directory / "charts-token"
    shutil.copy(program, copy)
    copy.chmod(mode)
    assert loot(environment_at_start(copy)) == shown


def statuses_that_apache_knows(directory: Path) -> set[int]:
    """Those for which it takes an ErrorDocument."""
    return {status for status in range(400, 512)
            if Apache(directory, f"ErrorDocument {status} default").check().returncode == 0}


def test_the_site_has_an_error_page_for_no_status_of_the_endpoint(directory: Path) -> None:
    # A page that is a script, or has server-side includes, would get the endpoint's variables.
    lines = INCLUDE.read_text().splitlines()
    ours = {int(line.split()[1]) for line in lines if line.strip().startswith("ErrorDocument ")}
    assert statuses_that_apache_knows(directory) == ours


@BY_THE_INCLUDE
@pytest.mark.parametrize("page", ["error.cgi", "error.shtml"])
def test_a_body_that_never_comes_shows_nothing_to_an_error_page(
    by: type[Site], page: str, directory: Path, program: Path, running
) -> None:
    site = running(site_with_author(
        by, directory, program,
        "Options +ExecCGI +Includes\nAddHandler cgi-script .cgi\n"
        "AddType text/html .shtml\nAddOutputFilter INCLUDES .shtml",
        modules=("cgid", "include"), key=OWN_KEY, secret=OWN_SECRET,
        config=f"Timeout 1\nErrorDocument 408 /{page}\nErrorDocument 404 /{page}",
        error_cgi="#!/bin/sh\necho 'Content-Type: text/plain'; echo; env\n", error_shtml="<!--#printenv -->"))
    received = exchange(
        site.server.port, b"POST /generate-token HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        b"Content-Length: 10\r\n\r\nabc", seconds=30)
    assert received
    assert loot(received) == NOTHING
    assert b"REDIRECT_" not in received
    # Elsewhere it is called.
    assert "REDIRECT_STATUS=404" in fetch(f"{site.server.url}/nowhere").text


@as_root
def test_a_file_that_the_servers_user_can_read_is_served_by_a_link(directory: Path, program: Path, running) -> None:
    # So SECURITY.md says not to use TINYBIRD_SIGNING_KEY_FILE with mod_fcgid on a shared server.
    put_key(directory / "key", OWN_KEY)
    site = ModFcgid(
        directory, program, key=None, settings={**SETTINGS, "TINYBIRD_SIGNING_KEY_FILE": str(directory / "key")},
        global_config="Define CHARTS_TOKEN_BY fcgid")
    tenant = Tenant(site, options="FollowSymLinks")
    (tenant.directory / "link.txt").symlink_to(directory / "key")
    running(site)
    assert_the_guides_token(fetch(site.url).body, OWN_KEY)
    assert loot(tenant.get("link.txt").body) == THE_KEY
    # The include's own file is for root alone.
    (tenant.directory / "link.txt").unlink()
    site.write_key(OWN_KEY)
    (tenant.directory / "link.txt").symlink_to(site.key_conf)
    assert tenant.get("link.txt").status == 403


@as_root
def test_a_program_that_fileinfo_alone_starts_as_the_servers_user_finds_nothing(
    directory: Path, program: Path, running
) -> None:
    site = ModFcgid(directory, program, key=OWN_KEY, secret=OWN_SECRET)
    tenant = Tenant(site)
    found = directory / "run/fcgid/found"
    evil = tenant.directory / "evil"
    evil.write_text(f"#!/bin/sh\n{{ id -un; cat /proc/[0-9]*/environ {directory}/*.conf; }} >{found}.new 2>/dev/null\n"
                    f"mv {found}.new {found}\n")
    evil.chmod(0o755)
    running(site)
    assert_the_guides_token(fetch(site.url).body, OWN_KEY)
    tenant.get("a.txt", f"FcgidAccessChecker {evil}")
    assert found.read_bytes().startswith(SERVER_USER.encode())
    assert loot(found.read_bytes()) == NOTHING
