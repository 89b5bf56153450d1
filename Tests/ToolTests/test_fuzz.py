"""The fuzzers find nothing: in the default run with the same inputs each time; with `-m long` they look further."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from Support.repository import TESTS

CORPUS = TESTS / "FuzzTargets/corpus"
# By a name that says what it is; the others' names are hashes, of inputs that reach all of the code.
FOUND = sorted(path for path in CORPUS.glob("*/*") if not re.fullmatch(r"[0-9a-f]{40}", path.name))


def fuzz(*arguments: str | Path) -> str:
    run = subprocess.run([TESTS / "fuzz", *arguments], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    # For who reads what was done: the seeds among it.
    print(run.stdout)
    return run.stdout


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [
    "--runs 10000 --seed 1", pytest.param("--seconds 60", marks=pytest.mark.long)])
def test_fuzzing_finds_nothing(arguments: str) -> None:
    runs = dict(re.findall(r"^(\w+) +([\d,]+) (?:runs|streams) with seed \d+", fuzz(*arguments.split()), re.M))
    assert runs.keys() == {path.name for path in CORPUS.iterdir()} | {"program"}
    assert "0" not in runs.values()


def test_the_same_seed_leads_to_the_same_inputs() -> None:
    one, another = (fuzz("--runs", "2000", "--seed", "7", "parameters") for _ in range(2))
    assert one == another and re.search(r" [1-9]\d* inputs kept", one)


@pytest.mark.parametrize("file", FOUND, ids=[f"{file.parent.name}: {file.name}" for file in FOUND])
def test_what_was_found_once_breaks_no_rule_any_more(file: Path) -> None:
    fuzz("--input", file)
