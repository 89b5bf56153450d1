"""ClickHouse in the tests' own process, from the package chdb-core-lite (Tests/requirements.txt).

Its native module is loaded without the rest of the package, which would import pyarrow and pandas.
"""

from __future__ import annotations

import importlib.util
import json
import threading
from functools import cache
from pathlib import Path
from typing import Any

_turn = threading.Lock()


class QueryError(Exception):
    """What ClickHouse says is wrong with a query."""


@cache
def _connection() -> Any:
    package = importlib.util.find_spec("chdb")
    assert package, "the packages of Tests/requirements.txt are not installed: run Tests/run once"
    library, = Path(package.origin).parent.glob("_chdb*.so")
    spec = importlib.util.spec_from_file_location("_chdb", library)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.connect()


def query(sql: str, format: str = "JSON") -> bytes:
    """The result in one of ClickHouse's formats. One query at a time: threads share one connection."""
    with _turn:
        try:
            return _connection().query(sql, format).bytes()
        except RuntimeError as error:
            raise QueryError(str(error)) from None


def rows(sql: str) -> list[list]:
    """The rows of a result; 64-bit integers and NaN as ClickHouse writes them by default."""
    return json.loads(query(sql, "JSONCompact"))["data"]
