"""A new key comes into effect without a restart."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from Support.curl import fetch
from Support.servers import IS_ROOT, SERVER_USER
from Support.tokens import KEY, OTHER_KEY, SETTINGS, assert_the_guides_token
from Support.transports import ModCgid, ModFcgid, Site, assert_error_is_logged
from Support.waiting import wait_until


@pytest.fixture
def key_file(directory: Path) -> Path:
    """A file that holds the key, readable by the web server's group and nobody else."""
    path = directory / "key"
    write(path, KEY)
    return path


def write(path: Path, key: str) -> None:
    path.write_text(key + "\n")
    path.chmod(0o640)
    if IS_ROOT:
        shutil.chown(path, "root", SERVER_USER)


def by_file(transport: type[Site], directory: Path, program: Path, path: Path) -> Site:
    return transport(directory, program, key=None, settings={**SETTINGS, "TINYBIRD_SIGNING_KEY_FILE": str(path)})


def test_a_key_file_that_is_written_anew_is_used_at_once(
    transport: type[Site], directory: Path, program: Path, key_file: Path, running
) -> None:
    site = running(by_file(transport, directory, program, key_file))
    assert len(KEY) == len(OTHER_KEY)
    for key in [KEY, OTHER_KEY, KEY]:
        write(key_file, key)
        for _ in range(3):
            assert_the_guides_token(fetch(site.url).body, key)


def test_a_key_file_that_is_replaced_is_used_at_once(
    transport: type[Site], directory: Path, program: Path, key_file: Path, running
) -> None:
    site = running(by_file(transport, directory, program, key_file))
    assert_the_guides_token(fetch(site.url).body, KEY)
    new = directory / "key.new"
    write(new, OTHER_KEY)
    new.rename(key_file)
    assert_the_guides_token(fetch(site.url).body, OTHER_KEY)


@pytest.mark.parametrize("fault", ["missing", "empty", "a directory"])
def test_a_key_file_that_is_mended_is_used_at_once(
    transport: type[Site], directory: Path, program: Path, key_file: Path, running, fault: str
) -> None:
    key_file.unlink()
    if fault == "empty":
        write(key_file, "")
    elif fault == "a directory":
        key_file.mkdir()
    site = running(by_file(transport, directory, program, key_file))
    for _ in range(5):
        assert fetch(site.url).status == 503
    if fault == "a directory":
        key_file.rmdir()
    write(key_file, KEY)
    assert_the_guides_token(fetch(site.url).body)
    assert_error_is_logged(site, "TINYBIRD_SIGNING_KEY_FILE", requests=5)


@pytest.mark.parametrize("by", [ModFcgid, ModCgid])
def test_a_graceful_reload_reads_the_keys_configuration_again(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = running(by(directory, program))
    assert_the_guides_token(fetch(site.url).body, KEY)
    site.write_key(OTHER_KEY)
    assert_the_guides_token(fetch(site.url).body, KEY)
    site.server.reload()
    # The children of before may still take a connection or two.
    wait_until(lambda: signs_with(site, OTHER_KEY), "the new key")


def signs_with(site: Site, key: str) -> bool:
    try:
        assert_the_guides_token(fetch(site.url).body, key)
        return True
    except Exception:
        return False
