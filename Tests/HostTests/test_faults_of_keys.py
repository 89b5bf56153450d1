"""What happens to the key's file while the program serves: each fault is answered at once, named once, and forgotten as
soon as the key is there again."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from Support.fastcgi import outputs, request, status_and_body
from Support.load import assert_lost, under_load
from Support.responder import Responder
from Support.servers import IS_ROOT
from Support.tokens import KEY, OTHER_KEY, PIPE, SETTINGS, assert_the_guides_token
from Support.transports import LighttpdFastCgi, ModFcgid, ModProxyFcgi, Site, put_key
from Support.waiting import AT_ONCE

as_root = pytest.mark.skipif(not IS_ROOT, reason="only root can mount a small disk")


def replace(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


def sparse(path: Path) -> None:
    """1 GiB that take no room."""
    path.touch()
    os.truncate(path, 1 << 30)


FAULTS: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "emptied": lambda path: os.truncate(path, 0),
    "not filled in": lambda path: path.write_text("${KEY}\n"),
    "a directory": lambda path: replace(path, Path.mkdir),
    "a fifo": lambda path: replace(path, os.mkfifo),
    "1 GiB": lambda path: replace(path, sparse),
    "unreadable": lambda path: path.chmod(0),
    "a device": lambda path: replace(path, lambda link: link.symlink_to("/dev/zero")),
    "a link to nothing": lambda path: replace(path, lambda link: link.symlink_to("nothing")),
    "a link to itself": lambda path: replace(path, lambda link: link.symlink_to(link.name)),
}


@pytest.fixture
def key_file(directory: Path) -> Path:
    (directory / "keys").mkdir()
    path = directory / "keys" / "key"
    put_key(path, KEY)
    return path


def by_file(path: Path) -> dict[str, str]:
    return {"TINYBIRD_SIGNING_KEY_FILE": str(path), "TINYBIRD_PIPES": PIPE}


def ask(responder: Responder) -> tuple[int, bytes, str]:
    """The status, the body and what the error log is told."""
    with responder.connection() as connection:
        connection.sendall(request())
        output, errors = outputs(connection)
    return *status_and_body(output), errors.decode()


def peak_memory(pid: int) -> int:
    """In KiB."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_key_file_that_fails_while_serving_is_answered_at_once_and_named_once(
    directory: Path, program: Path, running, key_file: Path, fault: str
) -> None:
    responder = running(Responder(directory, program, by_file(key_file)))
    answered = 0
    for _ in range(3):
        assert_the_guides_token(ask(responder)[1])
        memory = peak_memory(responder.pid)
        FAULTS[fault](key_file)
        lines = ""
        for _ in range(20):
            began = time.monotonic()
            status, body, errors = ask(responder)
            assert time.monotonic() - began < AT_ONCE
            assert (status, b"misconfigured" in body) == (503, True)
            lines += errors
            answered += 1
        assert lines.startswith("charts-token: error: TINYBIRD_SIGNING_KEY_FILE ") and lines.count("\n") == 1
        # Of 1 GiB nothing is read, of a file that has no end no more than 1 MiB; pages of the program's file come and go.
        assert peak_memory(responder.pid) - memory < 16 << 10
        for key in (OTHER_KEY, KEY):
            put_key(key_file, key)
            assert_the_guides_token(ask(responder)[1], key)
            answered += 1
    assert_lost(f"the key's file is {fault}", answered, 0, at_most=0)


@pytest.mark.parametrize("by", [ModFcgid, LighttpdFastCgi, ModProxyFcgi], ids=lambda by: by.__name__)
def test_a_key_that_is_replaced_under_load_fails_no_request(
    directory: Path, program: Path, running, key_file: Path, by: type[Site]
) -> None:
    site = by(directory, program, key=None, settings={**SETTINGS, "TINYBIRD_SIGNING_KEY_FILE": str(key_file)})
    running(site)
    with under_load(site.server.port) as load:
        load.settle()
        for _ in range(50):
            put_key(key_file, OTHER_KEY)
            put_key(key_file, KEY)
        load.settle()
    load.assert_lost(f"100 keys by renaming, {by.__name__}", at_most=0)


# ---- A full disk ----

class OnSmallDisk(Responder):
    """A responder whose key lies on a disk of four pages, mounted for it alone and gone with it."""

    def __init__(self, directory: Path, program: Path) -> None:
        self.disk = directory / "disk"
        self.disk.mkdir()
        mount = f'mount -t tmpfs -o size=16k,mode=755 tmpfs "{self.disk}" && exec "$@"'
        super().__init__(
            directory, program, by_file(self.disk / "key"),
            prefix=["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", mount, "sh"])

    def there(self, script: str) -> int:
        """Runs a script in the disk's directory; returns its exit status."""
        # Its root, too: in a layer that is another one than the namespace's.
        inside = ["nsenter", f"--target={self.pid}", "--mount", "--root", f"--wdns={self.disk}", "/bin/sh", "-c", script]
        return subprocess.run(inside, env={"PATH": os.environ["PATH"], "KEY": KEY, "OTHER": OTHER_KEY}, timeout=60).returncode


FILL = "cat /dev/zero >fill 2>/dev/null"


@pytest.fixture
def small_disk(directory: Path, program: Path, running) -> OnSmallDisk:
    responder = running(OnSmallDisk(directory, program))
    assert responder.there("printf %s $KEY >key") == 0
    assert_the_guides_token(ask(responder)[1])
    return responder


@as_root
def test_a_disk_too_full_for_a_new_key_leaves_the_former_one(small_disk: OnSmallDisk) -> None:
    assert small_disk.there(FILL) != 0
    answered = 0
    for _ in range(5):
        assert small_disk.there("printf %s $OTHER >new 2>/dev/null && mv new key") != 0
        assert_the_guides_token(ask(small_disk)[1], KEY)
        answered += 1
    assert small_disk.there("rm fill && printf %s $OTHER >new && mv new key") == 0
    assert_the_guides_token(ask(small_disk)[1], OTHER_KEY)
    assert_lost("a full disk under a key that is renamed", answered + 1, 0, at_most=0)


@as_root
def test_a_key_that_a_full_disk_leaves_empty_is_named_and_comes_back_with_room(small_disk: OnSmallDisk) -> None:
    # Somebody else takes the page that the key had.
    assert small_disk.there(f"{FILL}; : >key; cat /dev/zero >more 2>/dev/null; printf %s $OTHER >key 2>/dev/null") != 0
    lines = ""
    for _ in range(5):
        status, _, errors = ask(small_disk)
        assert status == 503
        lines += errors
    assert lines == (
        "charts-token: error: TINYBIRD_SIGNING_KEY_FILE holds no key: set it to the workspace admin token\n")
    assert small_disk.there("rm fill more && printf %s $OTHER >key") == 0
    assert_the_guides_token(ask(small_disk)[1], OTHER_KEY)
    assert_lost("a full disk under a key that is written in place", 6, 0, at_most=0)
