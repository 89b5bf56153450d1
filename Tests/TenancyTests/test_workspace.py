"""The stand-in for Tinybird, which other tests rely on, answers as Tinybird's documentation says."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import jwt
import pytest

from Support import every_type
from Support.tokens import KEY, OTHER_KEY, WORKSPACE
from Support.workspace import Refused, Workspace

PIPE = {"type": "PIPES:READ", "resource": "top"}
PERSONAL = "p.of-a-person"
DATA_SOURCE = {"type": "DATASOURCES:READ", "resource": "sales"}


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    workspace = Workspace()
    workspace.personal.add(PERSONAL)
    workspace.create(
        "sales", "city String, total UInt64", "VALUES ('Paris', 1), ('Rome', 2), ('Oslo', 9223372036854775808)")
    workspace.create("salaries", "total UInt8", "VALUES (1)")
    workspace.publish(
        "top", "% SELECT * FROM ordered LIMIT {{Int32(limit, 10)}} -- the first",
        ordered="% SELECT * FROM sales {% if defined(city) %} WHERE city = {{String(city)}} {% end %} ORDER BY total "
                "DESC")
    workspace.publish("strict", "% SELECT {{String(city, required=True)}} AS city")
    workspace.publish("other", "SELECT 1")
    workspace.publish("draft", "SELECT 1", None)
    return workspace


def token(*scopes: dict, key: str = KEY, workspace: str = WORKSPACE, exp: float = 60, algorithm: str = "HS256") -> str:
    claims = {"workspace_id": workspace, "name": "test", "exp": int(time.time() + exp), "scopes": list(scopes)}
    return jwt.encode(claims, key, algorithm)


@pytest.fixture
def get(workspace: Workspace) -> Callable[..., dict]:
    return lambda path, token, **parameters: json.loads(workspace.get(path, parameters, token))


@pytest.fixture
def status(workspace: Workspace) -> Callable[..., int]:
    def status(path: str, token: str, **parameters: str) -> int:
        with pytest.raises(Refused) as refused:
            workspace.get(path, parameters, token)
        return refused.value.status
    return status


def test_an_endpoint_answers_clickhouses_json(get) -> None:
    answer = get("/v0/pipes/top.json", token(PIPE))
    assert answer["meta"] == [{"name": "city", "type": "String"}, {"name": "total", "type": "UInt64"}]
    assert answer["data"] == [
        {"city": "Oslo", "total": 2 ** 63}, {"city": "Rome", "total": 2}, {"city": "Paris", "total": 1}]
    assert answer["rows"] == 3 and answer["statistics"]["elapsed"] > 0


def test_fixed_parameters_beat_those_of_the_url(get) -> None:
    assert [row["city"] for row in get("/v0/pipes/top.json", token(PIPE), city="Rome", limit="5")["data"]] == ["Rome"]
    fixed = token({**PIPE, "fixed_params": {"city": "Paris", "limit": 1}})
    assert [row["city"] for row in get("/v0/pipes/top.json", fixed, city="Rome", limit="5")["data"]] == ["Paris"]


def test_a_request_may_have_its_64_bit_integers_quoted(get) -> None:
    answer = get("/v0/pipes/top.json", token(PIPE), output_format_json_quote_64bit_integers="1")
    assert answer["data"][0]["total"] == "9223372036854775808"


def test_a_pipe_is_named_by_its_id_too(get, workspace) -> None:
    id = workspace.pipes["top"].id
    assert get(f"/v0/pipes/{id}.json", token(PIPE))["rows"] == 3
    assert get("/v0/pipes/top.json", token({**PIPE, "resource": id}))["rows"] == 3


@pytest.mark.parametrize("scopes, more", [
    ([PIPE], {"exp": -1}), ([PIPE], {"key": OTHER_KEY}), ([PIPE], {"key": PERSONAL}), ([PIPE], {"algorithm": "HS512"}),
    ([PIPE], {"workspace": WORKSPACE.replace("1f", "2f")}), ([], {}), ([{**PIPE, "resource": "other"}], {}),
    ([{**PIPE, "resource": "Top"}], {}), ([{**PIPE, "type": "DATASOURCES:READ"}], {}),
], ids=str)
def test_a_token_that_is_not_for_it_is_refused(status, scopes, more) -> None:
    assert status("/v0/pipes/top.json", token(*scopes, **more)) == 403


def test_what_is_no_token_is_refused(status) -> None:
    for text in ("", "x", KEY.lower(), token(PIPE) + "x"):
        assert status("/v0/pipes/top.json", text) == 403


def test_what_is_not_there_is_404(status) -> None:
    for path in ("/v0/pipes/none.json", "/v0/pipes/none", "/v0/pipes/draft.json", "/v0/none"):
        assert status(path, KEY) == 404


def test_what_the_template_or_clickhouse_refuses_is_400(status) -> None:
    assert status("/v0/pipes/strict.json", KEY) == 400
    assert status("/v0/pipes/top.json", KEY, limit="x") == 400
    assert status("/v0/sql", KEY, q="SELEC") == 400


def test_the_admin_token_reads_a_pipes_sql_and_others_dont(get, status, workspace) -> None:
    for admin in (KEY, PERSONAL):
        pipe = get("/v0/pipes/top", admin)
        assert (pipe["name"], pipe["id"]) == ("top", workspace.pipes["top"].id)
        assert [(node["name"], node["sql"]) for node in pipe["nodes"]] == list(workspace.pipes["top"].nodes.items())
        assert pipe["endpoint"] == pipe["nodes"][-1]["id"]
        assert get("/v0/pipes/draft", admin)["endpoint"] is None
    assert status("/v0/pipes/top", token(PIPE)) == 403


def test_a_filter_hides_rows_and_other_data_sources_stay_closed(get, status) -> None:
    filtered = token({**DATA_SOURCE, "filter": "city != 'Rome' -- and so on"})
    query = "SELECT city FROM sales ORDER BY city -- all"
    assert [row["city"] for row in get("/v0/sql", filtered, q=query)["data"]] == ["Oslo", "Paris"]
    assert get("/v0/sql", token(DATA_SOURCE), q=query)["rows"] == 3
    assert status("/v0/sql", filtered, q="SELECT * FROM salaries") == 403
    assert status("/v0/sql", token(PIPE), q=query) == 403


def test_a_column_of_every_type_reaches_the_page(get, workspace) -> None:
    every_type.publish(workspace)
    everything = get("/v0/pipes/every_type.json", KEY)
    assert [(column["name"], column["type"].partition("(")[0]) for column in everything["meta"]] == [
        ("row", "UInt8"), *((name, type.partition("(")[0]) for name, (type, _) in every_type.COLUMNS.items())]
    alone = get("/v0/pipes/every_type.json", KEY, only="uint64")
    assert [column["name"] for column in alone["meta"]] == ["row", "uint64"]
    assert [str(row["uint64"]) for row in alone["data"]] == every_type.said("toString(uint64)")
