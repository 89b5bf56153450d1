"""The fuzzers find nothing in the time that CI has; `Tests/fuzz 3600` looks further."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
SECONDS = 6


def test_fuzzing_finds_nothing() -> None:
    run = subprocess.run([TESTS / "fuzz", str(SECONDS)], capture_output=True, text=True, timeout=900)
    assert run.returncode == 0, run.stdout + run.stderr
    runs = dict(re.findall(r"^(\w+) +([\d,]+) (?:runs|streams)", run.stdout, re.M))
    assert runs.keys() == {path.name for path in (TESTS / "Fuzz/corpus").iterdir()} | {"program"}
    assert "0" not in runs.values()
