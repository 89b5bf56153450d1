"""Mutated streams of FastCGI records against the running program, which must live on, answer, and not grow: on a unix
socket with an even seed, by TCP with an odd one.

    cd Tests && /usr/bin/python3 -m FuzzTargets.program [--seconds SECONDS | --streams STREAMS] [--seed SEED]
"""

from __future__ import annotations

import argparse
import math
import random
import select
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from Support.fastcgi import (
    BEGIN_REQUEST,
    END_REQUEST,
    PARAMS,
    RESPONDER,
    STDERR,
    STDIN,
    STDOUT,
    answer,
    length,
    request,
)
from Support.memory import own_memory
from Support.repository import REPOSITORY
from Support.responder import Responder
from Support.tokens import KEY, SETTINGS, assert_the_guides_token

ABORT_REQUEST, DATA, GET_VALUES, GET_VALUES_RESULT, UNKNOWN_TYPE = 2, 8, 9, 10, 11
ANSWERS = {END_REQUEST, STDOUT, STDERR, GET_VALUES_RESULT, UNKNOWN_TYPE}
STREAMS_IN_A_BATCH = 200
# What is freed goes back to the system, so that what doesn't is a leak: by itself the allocator keeps what the largest
# requests took, for each thread (mallopt(3)).
FRUGAL_ALLOCATOR = {
    "MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
# How much more it may have from a third of the time on, in kB.
GROWTH = 1_000

Records = list[bytes]


def record(kind: int, content: bytes = b"", number: int = 1, padding: int = 0) -> bytes:
    return struct.pack("!BBHHBB", 1, kind, number, len(content), padding, 0) + content + bytes(padding)


class Streams:
    """Makes streams of records: a valid request, and then what a broken or hostile peer makes of it."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def next(self) -> tuple[list[bytes], bool]:
        """The pieces that are sent one by one, and whether they are one request as it should be."""
        records = self.valid()
        mutations = self.random.choice((0, 1, 1, 2, 3, 8))
        for _ in range(mutations):
            records = self.random.choice(self.mutations)(self, records)
        data = b"".join(records)
        cuts = sorted(self.random.randrange(len(data) + 1) for _ in range(self.random.choice((0, 0, 1, 2, 5))))
        return [data[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(data)], strict=True)], mutations == 0

    def valid(self) -> Records:
        number, flags = self.random.choice((1, 1, 2, 65535)), self.random.choice((0, 1))
        padding = self.random.choice((0, 0, 7, 255))
        variables = [(b"REQUEST_METHOD", self.random.choice((b"GET", b"HEAD", b"POST", b"")))]
        for _ in range(self.random.choice((0, 1, 5, 300))):
            size = self.random.choice((0, 1, 127, 128, 5000))
            variables.append((b"HTTP_" + self.text(12), self.text(size)))
        params = b"".join(length(len(name)) + length(len(value)) + name + value for name, value in variables)
        chunk = self.random.choice((min(1 + len(params) // 3, 65_535), 8000, 65_535))
        body = self.text(self.random.choice((0, 0, 1, 9000)))
        return [
            record(BEGIN_REQUEST, struct.pack("!HB5x", RESPONDER, flags), number, padding),
            *(record(PARAMS, params[at:at + chunk], number, padding) for at in range(0, len(params), chunk)),
            record(PARAMS, b"", number, padding),
            *([record(STDIN, body, number, padding)] if body else []),
            record(STDIN, b"", number, padding)]

    def text(self, size: int) -> bytes:
        # A parameter with a NUL is refused; in mutated streams there are enough of them.
        return self.random.randbytes(size).replace(b"\0", b"x") if self.random.random() < 0.3 else b"x" * size

    def place(self, records: Records) -> int:
        return self.random.randrange(len(records)) if records else 0

    def drop(self, records: Records) -> Records:
        at = self.place(records)
        return records[:at] + records[at + 1:]

    def repeat(self, records: Records) -> Records:
        at = self.place(records)
        return records[:at] + records[at:at + 1] * self.random.choice((2, 2, 50)) + records[at + 1:]

    def reorder(self, records: Records) -> Records:
        return self.random.sample(records, len(records))

    def lie(self, records: Records) -> Records:
        """A header says another length, type, version, request or padding than there is."""
        at = self.place(records)
        if at >= len(records) or len(records[at]) < 8:
            return records
        lying = bytearray(records[at])
        lying[self.random.randrange(8)] = self.random.choice((0, 1, 255, self.random.randrange(256)))
        return [*records[:at], bytes(lying), *records[at + 1:]]

    def flip(self, records: Records) -> Records:
        at = self.place(records)
        if at >= len(records) or not records[at]:
            return records
        flipped = bytearray(records[at])
        flipped[self.random.randrange(len(flipped))] ^= 1 << self.random.randrange(8)
        return [*records[:at], bytes(flipped), *records[at + 1:]]

    def cut(self, records: Records) -> Records:
        data = b"".join(records)
        return [data[:self.random.randrange(len(data) + 1)]]

    def insert(self, records: Records) -> Records:
        at = self.random.randrange(len(records) + 1)
        return [*records[:at], self.strange(), *records[at:]]

    def follow(self, records: Records) -> Records:
        return records + self.valid()

    def strange(self) -> bytes:
        huge = [struct.pack("!I", number | 1 << 31) for number in (2**31 - 1, 2**31 - 6, 2**30, 2**22, 2**16)]
        names = [b"FCGI_MAX_CONNS", b"FCGI_MAX_REQS", b"FCGI_MPXS_CONNS", self.text(9)]
        pairs = b"".join(
            bytes([len(name), 0]) + name for name in self.random.choices(names, k=self.random.choice((1, 3, 20, 500))))
        return self.random.choice((
            record(GET_VALUES, pairs, 0), record(GET_VALUES, pairs[:-3], 0), record(GET_VALUES, pairs),
            record(GET_VALUES, self.random.choice(huge) + self.random.choice(huge), 0),
            record(PARAMS, self.random.choice(huge) + self.random.choice(huge) + b"NAME"),
            record(PARAMS, b"\x04" + self.random.choice(huge) + b"NAME"),
            record(PARAMS, self.random.choice(huge)), record(PARAMS, b"\x80"), record(PARAMS, b"\x00\x00" * 9000),
            record(ABORT_REQUEST), record(ABORT_REQUEST, b"", 0), record(DATA, b"x"),
            record(self.random.randrange(256), self.text(20), self.random.choice((0, 1, 2))),
            record(BEGIN_REQUEST, struct.pack("!HB5x", self.random.randrange(5), 1), self.random.choice((0, 1, 2))),
            record(BEGIN_REQUEST, b"\0\1"), self.text(30)))

    mutations: tuple[Callable[[Streams, Records], Records], ...] = (
        drop, repeat, reorder, lie, lie, flip, flip, cut, insert, insert, follow)


def send(responder: Responder, pieces: list[bytes], patience: float) -> bytes:
    """Sends the pieces and the end; returns what comes back until the program closes the connection, which it must."""
    received = b""
    with responder.connection() as connection:
        connection.settimeout(20)
        try:
            for piece in pieces:
                connection.sendall(piece)
                # Not faster than it is read, now and then.
                select.select([connection], [], [], patience)
            connection.shutdown(socket.SHUT_WR)
        except TimeoutError:
            raise
        except OSError:
            pass  # It is closed already. What came before that can still be read.
        try:
            while chunk := connection.recv(65536):
                received += chunk
        except ConnectionResetError:
            pass
    return received


def kinds_of(received: bytes) -> list[int]:
    """The types of the records that came back, which must be whole, and of those that a program sends."""
    kinds = []
    while received:
        assert len(received) >= 8, f"half a header: {received!r}"
        version, kind, _, size, padding, _ = struct.unpack("!BBHHBB", received[:8])
        assert version == 1 and kind in ANSWERS and len(received) >= 8 + size + padding, received[:80]
        kinds.append(kind)
        received = received[8 + size + padding:]
    return kinds


def assert_serves(responder: Responder) -> None:
    assert responder.process.poll() is None, f"the program has ended with {responder.process.returncode}"
    with responder.connection() as connection:
        connection.sendall(request())
        assert_the_guides_token(answer(connection).partition(b"\r\n\r\n")[2])


def size(responder: Responder) -> tuple[int, int]:
    """Open descriptors, and memory in kB."""
    return len(list(Path(f"/proc/{responder.pid}/fd").iterdir())), own_memory(responder.pid)


def main(seed: int, seconds: int, most: float) -> None:
    """Sends so many streams; no more when the time is over."""
    # Also then it leaves nothing behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    streams = Streams(seed)
    directory = Path(tempfile.mkdtemp(prefix="charts-token-fuzz-"))
    directory.chmod(0o755)
    program = shutil.copy(REPOSITORY / ".build/release/charts-token", directory / "charts-token")
    responder = Responder(
        directory, Path(program), {"TINYBIRD_SIGNING_KEY": KEY, **SETTINGS, **FRUGAL_ALLOCATOR}, tcp=seed % 2 == 1)
    sent: list[list[bytes]] = []
    count = 0
    sizes: list[tuple[int, int]] = []
    try:
        responder.start()
        deadline = time.monotonic() + seconds
        while count < most and time.monotonic() < deadline:
            sent = []
            for _ in range(STREAMS_IN_A_BATCH):
                pieces, is_valid = streams.next()
                sent.append(pieces)
                kinds = kinds_of(send(responder, pieces, streams.random.choice((0, 0, 0.001))))
                assert not is_valid or kinds[-1:] == [END_REQUEST], f"a request without an answer: {kinds}"
            count += len(sent)
            assert_serves(responder)
            sizes.append(size(responder))
        # The largest request that came has made the buffers as large as they get.
        warm = sizes[len(sizes) // 3:]
        assert warm[-1][0] <= max(warm[0][0], sizes[0][0]), f"descriptors: {sizes[0][0]}, {warm[-1][0]}"
        assert warm[-1][1] - warm[0][1] <= GROWTH, f"memory: from {warm[0][1]} to {warm[-1][1]} kB"
    except (AssertionError, OSError) as error:
        kept = REPOSITORY / f".build/fuzz/program-{seed}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text("\n".join(repr(pieces) for pieces in sent))
        print(f"{error!r}\n{responder.log()}\nprogram     {count:10,} streams with seed {seed}, FOUND SOMETHING: the last "
              f"batch is in {kept}; again:\n    cd Tests && /usr/bin/python3 -m FuzzTargets.program --seed {seed} "
              f"--streams {count + len(sent)}")
        sys.exit(1)
    finally:
        responder.close()
        shutil.rmtree(directory)
    print(f"program     {count:10,} streams with seed {seed}, {sizes[0][0]} descriptors before and after, "
          f"{sizes[0][1]} kB of memory, then {sizes[-1][1]} kB, nothing found")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="FuzzTargets.program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--streams", type=int, default=math.inf)
    chosen = parser.parse_args()
    main(chosen.seed, chosen.seconds, chosen.streams)
