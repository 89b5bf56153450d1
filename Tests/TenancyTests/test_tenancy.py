"""No token shows a tenant another's row: tokens by the program, pipes by Tinybird's template engine, in ClickHouse."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from Support.fastcgi import answer, request_of, status_and_body
from Support.responder import Responder
from Support.tenants import TENANTS
from Support.tokens import KEY
from Support.workspace import Workspace

# Tinybird's engine has Python read its escapes.
pytestmark = pytest.mark.filterwarnings("ignore:invalid escape sequence")

# Each pipe's name and how its SQL reads the parameter.
BY_STRING = {
    "by_string": "org_id = {{String(org_id, required=True)}}",
    "by_expression": "org_id = {{org_id}} -- not {{org_id}}",
    "by_condition": "{% if defined(org_id) %} org_id = {{String(org_id)}} {% else %} 1 {% end %}",
}
BY_LIST = {
    "by_array": "org_id IN {{Array(org_id)}}",
    "by_loop": "{% for org in org_id %} org_id = {{String(org)}} OR {% end %} 0",
}
# Each data source's name and the filter.
FILTERS = {
    "orders": "org_id = '%{REMOTE_USER}'",
    "payments": "total >= 0 AND (org_id IN ('%{REMOTE_USER}', 'nobody'))",
}
SCOPES = {"TINYBIRD_SCOPES": json.dumps([
    *({"type": "PIPES:READ", "resource": name, "fixed_params": {"org_id": "%{REMOTE_USER}"}} for name in BY_STRING),
    *({"type": "PIPES:READ", "resource": name, "fixed_params": {"org_id": ["%{REMOTE_USER}"]}} for name in BY_LIST),
    *({"type": "DATASOURCES:READ", "resource": name, "filter": filter} for name, filter in FILTERS.items()),
])}
# An array among them, which is how not to do it.
FIXED_PARAMS = {
    "TINYBIRD_PIPES": ",".join([*BY_STRING, "by_array"]), "TINYBIRD_FIXED_PARAMS": "org_id=%{REMOTE_USER}"}

# What Tinybird's templates escape in a way that ClickHouse doesn't know, so that it keeps the backslash ...
CHANGED = {name: "%\x1a`" if name == "by_array" else "%\x1a" for name in [*BY_STRING, *BY_LIST]}
# ... and a few names that they take for others: the pipe, the name, the other.
CONFUSED = [
    ("by_string", "100%", "100\\%"), ("by_string", "DOMAIN\x1aoe", "DOMAIN\\zoe"), ("by_array", "x`", "x\\`")]
EVERYBODY = sorted({*TENANTS, *(name for _, *names in CONFUSED for name in names)})

# What an attacker writes into the URL.
URL = {"org_id": "alice", "ORG_ID": "alice", "org_id[]": "alice", "total": "1"}


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    """Each tenant has an order and a payment, whose total is the tenant's number."""
    workspace = Workspace()
    values = ", ".join(f"(unhex('{name.encode().hex()}'), {number})" for number, name in enumerate(EVERYBODY))
    for name in FILTERS:
        workspace.create(name, "org_id String, total Int32", f"VALUES {values}")
    for name, condition in {**BY_STRING, **BY_LIST}.items():
        workspace.publish(name, f"% SELECT total FROM orders WHERE {condition}")
    return workspace


@pytest.fixture(scope="module")
def ask(shared: Path, program: Path) -> Iterator[Callable[..., tuple[int, dict]]]:
    """Asks for a token, with a visitor's name as the web server's login would send it."""
    directory = Path(tempfile.mkdtemp(dir=shared))
    directory.chmod(0o755)
    responder = Responder(directory, program, {"TINYBIRD_SIGNING_KEY": KEY})

    def ask(settings: dict[str, str], name: bytes) -> tuple[int, dict]:
        variables = {"REQUEST_METHOD": "GET", **settings}
        with responder.connection() as connection:
            connection.sendall(request_of([
                (b"REMOTE_USER", name), *((name.encode(), value.encode()) for name, value in variables.items())]))
            status, body = status_and_body(answer(connection))
        return status, json.loads(body)

    responder.start()
    yield ask
    responder.close()


@pytest.fixture
def seen(workspace: Workspace, ask) -> Callable[..., list[str]]:
    """Whose rows the token of each visitor shows."""
    def seen(settings: dict[str, str], name: str, path: str, parameters: dict[str, str] = URL) -> list[str]:
        status, body = ask(settings, name.encode())
        assert status == 200, body
        rows = json.loads(workspace.get(path, parameters, body["token"]))["data"]
        return [EVERYBODY[row["total"]] for row in rows]

    return seen


@pytest.mark.parametrize("settings, pipes", [
    (SCOPES, BY_STRING), (FIXED_PARAMS, BY_STRING), (SCOPES, BY_LIST)
], ids=["strings in TINYBIRD_SCOPES", "strings in TINYBIRD_FIXED_PARAMS", "lists in TINYBIRD_SCOPES"])
def test_a_fixed_parameter_shows_ones_own_rows_whatever_the_url_says(seen, settings, pipes) -> None:
    for name in TENANTS:
        own = {pipe: [] if any(character in name for character in CHANGED[pipe]) else [name] for pipe in pipes}
        assert {pipe: seen(settings, name, f"/v0/pipes/{pipe}.json") for pipe in pipes} == own


def test_a_filter_shows_ones_own_rows(seen) -> None:
    for name in TENANTS:
        for data_source in FILTERS:
            assert seen(SCOPES, name, "/v0/sql", {"q": f"SELECT total FROM {data_source} -- all"}) == [name]


def test_a_string_that_a_pipe_reads_as_an_array_is_split_at_commas(seen) -> None:
    """README says so, and what to write instead."""
    assert seen(FIXED_PARAMS, "alice,bob", "/v0/pipes/by_array.json") == ["alice", "bob"]
    assert seen(SCOPES, "alice,bob", "/v0/pipes/by_array.json") == ["alice,bob"]


@pytest.mark.parametrize("pipe, name, read_as", CONFUSED)
def test_tinybirds_templates_take_a_few_names_for_others(seen, pipe, name, read_as) -> None:
    """README says which. A filter takes them as they are."""
    assert seen(SCOPES, name, f"/v0/pipes/{pipe}.json") == [read_as]
    assert seen(SCOPES, name, "/v0/sql", {"q": "SELECT total FROM orders"}) == [name]


@pytest.mark.parametrize("name", [
    b"", "\ufffd".encode(), "alice\ufffd".encode(), b"\xff", b"alice\xc3", b"\xed\xa0\x80", b"\xc0\xa7", b"\xf4\x90\x80\x80"])
@pytest.mark.parametrize("settings", [SCOPES, FIXED_PARAMS], ids=lambda settings: " ".join(settings))
def test_a_name_that_is_no_text_or_has_lost_some_gets_no_token(ask, settings, name) -> None:
    status, body = ask(settings, name)
    assert status == 403 and "token" not in body
