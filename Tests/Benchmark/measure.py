"""What is measured of a peer: wrk's rates and latencies, and its processes' CPU time and memory."""

from __future__ import annotations

import os
import re
import resource
import subprocess
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

CLIENTS = 64
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Load:
    """What wrk says: requests per second, median and 99th percentile in ms, requests, and how many failed."""

    rate: float
    p50: float
    p99: float
    requests: int
    failed: int


def load(url: str, seconds: int, prefix: Iterable[str] = ()) -> Load:
    """Lets many clients ask for some time; `prefix` is what wrk is run by."""
    text = subprocess.run(
        [*prefix, "wrk", "-t2", f"-c{CLIENTS}", f"-d{seconds}", "--latency", url],
        capture_output=True, text=True, check=True,
    ).stdout

    def milliseconds(percentile: str) -> float:
        number, unit = re.search(rf"^\s+{percentile}%\s+([\d.]+)(us|ms|s)", text, re.M).groups()
        return float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]

    answers = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    # Not those of reading: under load Apache ends idle connections of clients, files' too, and wrk opens others.
    errors = re.search(r"Socket errors: connect (\d+), read \d+, write (\d+), timeout (\d+)", text)
    return Load(
        rate=float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), p50=milliseconds("50"), p99=milliseconds("99"),
        requests=int(re.search(r"(\d+) requests in", text)[1]),
        failed=sum(int(number) for match in (answers, errors) if match for number in match.groups()))


def processes(chosen: Callable[[Path], bool]) -> list[int]:
    """The processes whose entry in /proc is chosen; one that ends meanwhile isn't."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if chosen(entry):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


def running(program: Path) -> list[int]:
    """All processes that run a program."""
    return processes(lambda entry: (entry / "exe").resolve() == program.resolve())


def family(pid: int) -> list[int]:
    """A process and its children."""
    return [pid, *processes(lambda entry: int(_fields(int(entry.name))[1]) == pid)]


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of processes so far."""
    return sum(int(fields[11]) + int(fields[12]) for fields in map(_fields, pids)) / TICKS


def cpu_seconds_of_a_process(program: Path, environment: Mapping[str, str], times: int = 200) -> float:
    """User and system time of a program from its start to its end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for _ in range(times):
        subprocess.run(
            [program], env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / times


def proportional_memory(pids: list[int]) -> float:
    """PSS in MB."""
    texts = (Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids)
    return sum(int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) for text in texts) / 1024


def _fields(pid: int) -> list[str]:
    """Of /proc/PID/stat, from the state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
