"""`charts-token check --online`: what Tinybird's API says of the key, the pipes and the fixed parameters.

The API is a workspace with Tinybird's own template engine.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tinybird.sql_template import get_template_and_variables

from Support.apache_serve import write_script
from Support.command import CONFIG, GUIDES, OK, USAGE, Run, run
from Support.tinybird import Tinybird
from Support.tokens import KEY, OTHER_KEY

PER_USER = {"TINYBIRD_FIXED_PARAMS": "org_id=%{REMOTE_USER}"}
BY_ORG = "%\nSELECT number FROM numbers(3) WHERE {{String(org_id, required=True)}} = 'alice'"
ALICE = ("--as", "REMOTE_USER=alice")


@pytest.fixture(scope="module")
def api() -> Iterator[Tinybird]:
    server = Tinybird()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def check(api: Tinybird) -> Callable[..., Run]:
    api.reset()
    api.workspace.publish("sales", BY_ORG)

    def check(*visitor: str, key: str = KEY, **settings: str) -> Run:
        return run("check", "--online", *visitor, settings={
            **GUIDES, "TINYBIRD_SIGNING_KEY": key, "TINYBIRD_API": f"http://127.0.0.1:{api.server_port}/", **settings})
    return check


def said(checked: Run) -> list[str]:
    """What the API's part of a report says."""
    return checked.output.partition("Tinybird's API, ")[2].splitlines()[1:]


def test_all_is_well(check: Callable[..., Run]) -> None:
    checked = check(*ALICE, **PER_USER)
    assert (checked.status, said(checked)) == (
        OK, ["ok: the pipe sales uses org_id", "ok: a token opens the pipe sales: 3 rows"])


def test_the_token_is_for_whom_the_options_name(check: Callable[..., Run], api: Tinybird) -> None:
    assert said(check("--as", "REMOTE_USER=bob", **PER_USER))[-1] == "ok: a token opens the pipe sales: 0 rows"
    # Nobody is named: the pipes are looked at, and no data.
    assert said(check(**PER_USER)) == ["ok: the pipe sales uses org_id"]


def test_a_parameter_that_no_sql_uses_restricts_nothing(check: Callable[..., Run]) -> None:
    checked = check(TINYBIRD_FIXED_PARAMS="org_id=alice&tenant=7")
    assert checked.status == CONFIG
    assert said(checked)[1] == (
        "problem: the SQL of the pipe sales doesn't use tenant, which therefore restricts nothing: use "
        "{{String(tenant, required=True)}} in its WHERE")


@pytest.mark.parametrize(("sql", "is_used"), [
    ("%SELECT {{String(org_id)}} x", True),
    ("%SELECT 1 WHERE 1 {% if defined(org_id) %} AND '{{org_id}}' = 'x' {% end %}", True),
    ("%SELECT {{Array(ids, 'String', org_id)}} x", True),
    ("%SELECT {{String(other, 'org_id')}} x", False),
    ("%SELECT {{String(other, description='org_id')}} org_id", False),
    ("%SELECT {{String(org_ids)}} x", False),
    ("%SELECT {# {{String(org_id)}} #} 1", False),
    ("%SELECT 'it''s -- not' x, {{String(org_id)}} y", True),
    ("%SELECT {{ String( org_id , 'it\\'s' ) }} x", True),
    ("SELECT '{{String(org_id)}}' x", False),
])
def test_it_reads_templates_as_tinybird_does(check: Callable[..., Run], api: Tinybird, sql: str, is_used: bool) -> None:
    if sql.startswith("%"):
        assert ("org_id" in {variable["name"] for variable in get_template_and_variables(sql[1:], None)[1]}) == is_used
    api.workspace.publish("sales", sql)
    assert (said(check(TINYBIRD_FIXED_PARAMS="org_id=7"))[0] == "ok: the pipe sales uses org_id") == is_used


@pytest.mark.parametrize("sql", ["%SELECT 1 -- {{String(org_id)}}", "%SELECT 1 /* {{String(org_id)}} */"])
def test_what_stands_in_a_comment_restricts_nothing(check: Callable[..., Run], api: Tinybird, sql: str) -> None:
    api.workspace.publish("sales", sql)
    assert "doesn't use org_id" in said(check(TINYBIRD_FIXED_PARAMS="org_id=7"))[0]


def test_other_nodes_and_pipes_count_where_the_endpoint_reads_them(check: Callable[..., Run], api: Tinybird) -> None:
    api.workspace.publish("sales", "SELECT * FROM filtered", filtered=BY_ORG)
    assert check(*ALICE, **PER_USER).status == OK
    api.workspace.publish("sales", "SELECT 1", unread=BY_ORG)
    assert "doesn't use org_id" in said(check(*ALICE, **PER_USER))[0]
    api.workspace.publish("base", BY_ORG)
    api.workspace.publish("sales", "SELECT * FROM a_table JOIN base USING number")
    assert said(check(**PER_USER)) == ["ok: the pipe sales uses org_id"]


def test_a_visitors_name_that_is_split_at_commas_is_warned_about(check: Callable[..., Run], api: Tinybird) -> None:
    api.workspace.publish("sales", "%SELECT 1 x WHERE has({{Array(org_id, 'String')}}, 'alice')")
    checked = check(*ALICE, **PER_USER)
    assert checked.status == OK
    assert said(checked)[1] == (
        "warning: the pipe sales reads org_id by Array(…), which splits a visitor's name at commas: in TINYBIRD_SCOPES, "
        'write a list, ["%{…}"]')
    scopes = json.dumps([{"type": "PIPES:READ", "resource": "sales", "fixed_params": {"org_id": ["%{REMOTE_USER}"]}}])
    assert not any("warning" in line for line in said(check(*ALICE, TINYBIRD_PIPES="", TINYBIRD_SCOPES=scopes)))


def test_a_pipe_that_is_missing_or_no_endpoint(check: Callable[..., Run], api: Tinybird) -> None:
    checked = check(TINYBIRD_PIPES="sale")
    assert (checked.status, said(checked)) == (CONFIG, [
        "problem: the workspace has no pipe sale: correct the name, or use the key of the workspace that has it"])
    api.workspace.publish("draft", BY_ORG, endpoint=None)
    assert said(check(TINYBIRD_PIPES="draft"))[0] == (
        "problem: the pipe draft is not an endpoint: write TYPE ENDPOINT into its file, and deploy")


def test_a_key_that_was_refreshed(check: Callable[..., Run]) -> None:
    checked = check(key=OTHER_KEY)
    assert checked.status == CONFIG
    assert "refuses the signing key (403): it was refreshed or deleted" in said(checked)[0]


def test_a_personal_token(check: Callable[..., Run], api: Tinybird) -> None:
    api.workspace.personal.add(OTHER_KEY)
    checked = check(*ALICE, key=OTHER_KEY, **PER_USER)
    assert checked.status == CONFIG
    assert said(checked)[1].startswith("problem: Tinybird refuses the token for the pipe sales, though it knows the key (403: ")
    assert "is the key a personal token?" in said(checked)[1]


@pytest.mark.parametrize(("status", "line"), [
    (404, "problem: Tinybird finds no pipe sales (404): is it deployed?"),
    (429, "warning: Tinybird has had too many requests of tokens of this name (429): see TINYBIRD_RPS and "
          "TINYBIRD_TOKEN_NAME"),
    (400, "warning: Tinybird responds with 400 to a request for the pipe sales without parameters: on demand …; that is "
          "fine if the page sends them"),
    (500, "problem: Tinybird responds with 500 for the pipe sales: on demand …"),
])
def test_what_a_status_means(check: Callable[..., Run], api: Tinybird, status: int, line: str) -> None:
    api.next = [None, (status, {})]
    assert said(check(*ALICE, **PER_USER))[1:] == [line]


def test_an_api_that_is_not_there() -> None:
    checked = run("check", "--online", settings={**GUIDES, "TINYBIRD_API": "http://127.0.0.1:1"})
    assert checked.status == CONFIG
    assert "problem: Tinybird's API can't be reached: curl: (7) " in checked.output


@pytest.mark.parametrize("api", ["http://api.tinybird.co", "http://localhost.evil.test", "http://127.0.0.1@evil.test", "ftp://x", "x"])
def test_the_key_is_never_sent_in_the_clear(api: str) -> None:
    checked = run("check", "--online", settings={**GUIDES, "TINYBIRD_API": api})
    assert checked.status == CONFIG
    assert "problem: TINYBIRD_API is not an https URL" in checked.output


def test_a_key_without_a_region_needs_the_apis_url() -> None:
    checked = run("check", "--online", settings=GUIDES)
    assert checked.status == CONFIG
    assert "problem: TINYBIRD_API is not set, and the signing key names no region" in checked.output


def test_secrets_reach_curl_by_its_standard_input_alone(check: Callable[..., Run], tmp_path: Path) -> None:
    write_script(tmp_path / "curl", f'printf "%s\\n" "$@" >{tmp_path}/arguments\nenv >{tmp_path}/environment\nexec /usr/bin/curl "$@"\n')
    assert check(*ALICE, PATH=f"{tmp_path}:{os.environ['PATH']}", **PER_USER).status == OK
    assert (tmp_path / "arguments").read_text().split() == ["--disable", "--config", "-"]
    assert "TINYBIRD" not in (tmp_path / "environment").read_text()


def test_without_curl_it_says_what_to_install(check: Callable[..., Run], tmp_path: Path) -> None:
    checked = check(PATH=str(tmp_path))
    assert said(checked) == [
        "problem: Tinybird's API can't be reached: curl can't be started (No such file or directory): install curl"]


def test_two_checks_at_once_are_refused() -> None:
    assert run("check", "--online", "--url", "http://x").status == USAGE
    assert run("check", "--origin", "https://a.example").status == USAGE
