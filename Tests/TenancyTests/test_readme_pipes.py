"""README's pipe shows visitors their own rows, with README's settings, in Tinybird's template engine and ClickHouse."""

from __future__ import annotations

import json
import re

import pytest

from Support.command import OK, run
from Support.readme import BLOCKS
from Support.tokens import KEY
from Support.workspace import Workspace

ORDERS = (
    "VALUES ('alice', 'Paris', 1), ('alice', 'Paris', 2), ('bob', 'Rome', 4), ('Doe', 'Oslo', 8), "
    "('Doe, Jane', 'Bonn', 16)")


@pytest.fixture
def workspace() -> Workspace:
    workspace = Workspace()
    workspace.create("orders", "org_id String, city String, amount UInt8", ORDERS)
    workspace.deploy("sales_by_city", BLOCKS["pipe"])
    return workspace


def sales(workspace: Workspace, visitor: str, settings: str) -> list[dict]:
    """What the endpoint answers to a visitor, by the settings in a block."""
    variables = {name: value for name, _, value in re.findall(r"^SetEnv (\w+) (['\"])(.*)\2$", BLOCKS[settings], re.M)}
    if "TINYBIRD_SCOPES" not in variables:
        variables["TINYBIRD_PIPES"] = "sales_by_city"
    done = run("token", "--as", f"REMOTE_USER={visitor}", settings={"TINYBIRD_SIGNING_KEY": KEY, **variables})
    assert (done.status, done.errors) == (OK, "")
    answer = json.loads(workspace.get("/v0/pipes/sales_by_city.json", {"org_id": "bob"}, done.output.strip()))
    return answer["data"]


def test_each_visitor_sees_their_own_sales(workspace) -> None:
    assert sales(workspace, "alice", "basic") == [{"city": "Paris", "sales": 3}]
    assert sales(workspace, "Doe, Jane", "basic") == [{"city": "Bonn", "sales": 16}]


def test_a_pipe_with_an_array_needs_a_list(workspace) -> None:
    string = BLOCKS["pipe"]
    array = string.replace("= {{String(org_id, required=True)}}", "IN {{Array(org_id, required=True)}}")
    assert array != string
    workspace.deploy("sales_by_city", array)
    assert sales(workspace, "Doe, Jane", "basic") == [{"city": "Oslo", "sales": 8}]
    assert sales(workspace, "Doe, Jane", "pipe-list") == [{"city": "Bonn", "sales": 16}]
