"""`charts-token check`: each setting, where it comes from, and what would be signed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from Support.command import CONFIG, GUIDES, OK, USAGE, run
from Support.tokens import KEY, WORKSPACE

# Control characters, and those that reorder what is shown.
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
PER_USER = {**GUIDES, "TINYBIRD_FIXED_PARAMS": "org_id=%{REMOTE_USER}"}


def without_times(text: str) -> str:
    return re.sub(r'"(exp|iat)":\d{10}', r'"\1":…', text)


def value(setting: str, output: str) -> str:
    """What a report says about one setting."""
    return re.search(rf"^{setting} +(.*)$", output, re.M)[1]


def test_without_settings_it_names_the_defaults_and_what_is_missing() -> None:
    checked = run("check", settings={})
    assert (checked.status, checked.errors) == (CONFIG, "")
    assert checked.output == """\
TINYBIRD_SIGNING_KEY         -
TINYBIRD_SIGNING_KEY_FILE    -
TINYBIRD_WORKSPACE_ID        -
TINYBIRD_PIPES               -
TINYBIRD_FIXED_PARAMS        -
TINYBIRD_SCOPES              -
TINYBIRD_SCOPES_FILE         -
TINYBIRD_TOKEN_NAME          charts_token (default)
TINYBIRD_TOKEN_TTL           2 days (default)
TINYBIRD_RPS                 no limit (default)
TINYBIRD_ALLOWED_ORIGINS     none (default)
TINYBIRD_RENEWAL_WINDOW      off (default)
TINYBIRD_SERVER_SECRET       none (default)
TINYBIRD_SERVER_SECRET_FILE  -
TINYBIRD_THREADS             4 (default)

problem: TINYBIRD_SIGNING_KEY is not set: set it to the workspace admin token, or TINYBIRD_SIGNING_KEY_FILE to a file \
that holds it
problem: TINYBIRD_PIPES is not set: set it to the names or ids of the pipes, separated by commas
"""


def test_a_server_secret_that_cannot_be_read_is_a_problem() -> None:
    checked = run("check", settings={**GUIDES, "TINYBIRD_SERVER_SECRET_FILE": "/nowhere"})
    assert checked.status == CONFIG
    assert "problem: TINYBIRD_SERVER_SECRET_FILE can't be read (No such file or directory)" in checked.output


def test_every_setting_is_shown_with_its_value_and_the_key_as_secret() -> None:
    checked = run("check", "--as", "REMOTE_USER=alice", settings={
        **PER_USER, "TINYBIRD_TOKEN_NAME": "of %{REMOTE_USER}", "TINYBIRD_TOKEN_TTL": "1h", "TINYBIRD_RPS": "2.5",
        "TINYBIRD_ALLOWED_ORIGINS": "https://a.example", "TINYBIRD_RENEWAL_WINDOW": "7d", "TINYBIRD_THREADS": "8",
        "TINYBIRD_SERVER_SECRET": "5e0f7d1c"})
    assert (checked.status, checked.errors) == (OK, "")
    assert without_times(checked.output) == f"""\
TINYBIRD_SIGNING_KEY         secret, 107 bytes (environment)
TINYBIRD_SIGNING_KEY_FILE    -
TINYBIRD_WORKSPACE_ID        {WORKSPACE} (from the signing key)
TINYBIRD_PIPES               sales (environment)
TINYBIRD_FIXED_PARAMS        org_id=%{{REMOTE_USER}} (environment)
TINYBIRD_SCOPES              -
TINYBIRD_SCOPES_FILE         -
TINYBIRD_TOKEN_NAME          of %{{REMOTE_USER}} (environment)
TINYBIRD_TOKEN_TTL           1h (environment)
TINYBIRD_RPS                 2.5 (environment)
TINYBIRD_ALLOWED_ORIGINS     https://a.example (environment)
TINYBIRD_RENEWAL_WINDOW      7d (environment)
TINYBIRD_SERVER_SECRET       secret, 8 bytes (environment)
TINYBIRD_SERVER_SECRET_FILE  -
TINYBIRD_THREADS             8 (environment)

The claims that would be signed now for REMOTE_USER=alice:
{{"workspace_id":"{WORKSPACE}","name":"of alice","exp":…,"scopes":[{{"type":"PIPES:READ","resource":"sales",\
"fixed_params":{{"org_id":"alice"}}}}],"limits":{{"rps":2.5}},"iat":…}}
"""


def test_settings_for_nobody_in_particular_are_shown_with_their_claims() -> None:
    checked = run("check")
    assert checked.status == OK
    assert without_times(checked.output).split("\n\n")[1] == f"""\
The claims that would be signed now:
{{"workspace_id":"{WORKSPACE}","name":"charts_token","exp":…,"scopes":[{{"type":"PIPES:READ","resource":"sales"}}]}}
"""


def test_claims_that_need_a_visitor_say_which_variable_to_give() -> None:
    checked = run("check", settings=PER_USER)
    assert checked.status == OK
    assert checked.output.endswith("\n\nThe claims depend on who asks: see them with --as REMOTE_USER=…\n")


def test_a_visitor_is_never_taken_from_the_environment() -> None:
    checked = run("check", settings={**PER_USER, "REMOTE_USER": "root"})
    assert "--as REMOTE_USER=…" in checked.output


def test_all_problems_are_listed_at_once() -> None:
    checked = run("check", settings={
        "TINYBIRD_SIGNING_KEY": " ", "TINYBIRD_PIPES": "a", "TINYBIRD_SCOPES": "[]", "TINYBIRD_TOKEN_TTL": "0",
        "TINYBIRD_RPS": "none", "TINYBIRD_ALLOWED_ORIGINS": "a/b", "TINYBIRD_RENEWAL_WINDOW": "x"})
    assert (checked.status, checked.errors) == (CONFIG, "")
    problems = [line for line in checked.output.splitlines() if line.startswith("problem: ")]
    assert [line.split()[1] for line in problems] == [
        "TINYBIRD_SIGNING_KEY", "TINYBIRD_SCOPES", "TINYBIRD_TOKEN_TTL", "TINYBIRD_RPS", "TINYBIRD_ALLOWED_ORIGINS",
        "TINYBIRD_RENEWAL_WINDOW"]
    # Each says what to change.
    assert all(": " in line.removeprefix("problem: ") for line in problems)


def test_the_two_warnings_don_t_fail_it() -> None:
    short = run("check", settings={**GUIDES, "TINYBIRD_SIGNING_KEY": "short", "TINYBIRD_WORKSPACE_ID": WORKSPACE})
    assert short.status == OK
    assert (
        "\nwarning: TINYBIRD_SIGNING_KEY holds 5 bytes, fewer than the 32 of RFC 7518 §3.2: "
        "is it the whole workspace admin token?\n") in short.output
    other = run("check", settings={**GUIDES, "TINYBIRD_WORKSPACE_ID": WORKSPACE.replace("1", "2")})
    assert other.status == OK
    assert (
        "\nwarning: TINYBIRD_WORKSPACE_ID differs from the id inside the signing key, and Tinybird will refuse the "
        "tokens: use the admin token of that workspace, not a personal one\n") in other.output


def test_a_key_file_is_shown_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    checked = run("check", settings={"TINYBIRD_PIPES": "sales", "TINYBIRD_SIGNING_KEY_FILE": str(path)})
    assert checked.status == OK
    assert value("TINYBIRD_SIGNING_KEY_FILE", checked.output) == f"{path} (environment)"
    assert value("TINYBIRD_WORKSPACE_ID", checked.output) == f"{WORKSPACE} (from the signing key)"
    path.unlink()
    checked = run("check", settings={"TINYBIRD_PIPES": "sales", "TINYBIRD_SIGNING_KEY_FILE": str(path)})
    assert checked.status == CONFIG
    assert re.search(r"^problem: TINYBIRD_SIGNING_KEY_FILE ", checked.output, re.M)


# run() itself checks that the key isn't printed.
@pytest.mark.parametrize("name", [
    "TINYBIRD_WORKSPACE_ID", "TINYBIRD_SIGNING_KEY_FILE", "TINYBIRD_TOKEN_TTL", "TINYBIRD_RPS", "TINYBIRD_SCOPES",
    "TINYBIRD_ALLOWED_ORIGINS", "TINYBIRD_RENEWAL_WINDOW", "TINYBIRD_THREADS", "TINYBIRD_SCOPES_FILE"])
def test_a_key_in_the_wrong_variable_is_a_secret_too(name: str) -> None:
    checked = run("check", settings={"TINYBIRD_PIPES": "sales", name: KEY})
    assert checked.status == CONFIG
    assert value(name, checked.output) == "secret, 107 bytes (environment)"


@pytest.mark.parametrize("text", [f"id={KEY}", f"a=1&b={KEY}&c=2", f"sales, {KEY}", f'"{KEY}"', f"x {KEY}\n"])
def test_a_key_that_is_a_part_of_another_value_is_a_secret_too(text: str) -> None:
    checked = run("check", settings={"TINYBIRD_PIPES": "sales", "TINYBIRD_FIXED_PARAMS": text})
    assert checked.status == CONFIG
    assert value("TINYBIRD_FIXED_PARAMS", checked.output) == f"secret, {len(text)} bytes (environment)"


def test_what_would_steer_a_terminal_is_not_passed_on() -> None:
    checked = run("check", "--as", "REMOTE_USER=\x1b[31m\x7f\u009b\r\n", settings={
        **PER_USER, "TINYBIRD_TOKEN_NAME": "a\x1b]0;title\x07\u009b1m\r\x08\x7fb", "TINYBIRD_TOKEN_TTL": "\x1bc"})
    assert checked.status == CONFIG
    assert value("TINYBIRD_TOKEN_NAME", checked.output) == "a�]0;title��1m���b (environment)"
    assert not STEERING.search(checked.output)


def test_a_visitor_s_name_does_not_steer_a_terminal_either() -> None:
    checked = run("check", "--as", "REMOTE_USER=\x1b[31m\x7f\u009b\r\n\u202e", settings=PER_USER)
    assert checked.status == OK
    assert not STEERING.search(checked.output)
    assert '"org_id":"\\u001b[31m\\u007f\\u009b\\u000d\\u000a\\u202e"' in checked.output


def test_values_that_are_not_utf8_are_shown_as_far_as_they_are() -> None:
    checked = run("check", settings={**GUIDES, "TINYBIRD_TOKEN_NAME": b"a\xffb"})
    assert value("TINYBIRD_TOKEN_NAME", checked.output) == "a�b (environment)"
    assert checked.status == CONFIG


def test_as_needs_a_name_and_a_value() -> None:
    for wrong in ["REMOTE_USER", "=alice", ""]:
        checked = run("check", "--as", wrong)
        assert (checked.status, checked.output) == (USAGE, "")
        assert checked.errors.startswith(
            f"Error: '{wrong}' has no value: write --as NAME=value, such as --as REMOTE_USER=alice\n")
