"""`charts-token inspect`: what a token says, once it verifies."""

from __future__ import annotations

import json
import re
import time

import jwt
import pytest

from Support.command import CONFIG, FAILURE, GUIDES, OK, USAGE, run
from Support.tokens import KEY, WORKSPACE

CLAIMS = {
    "workspace_id": WORKSPACE, "name": "charts of älice", "exp": 4_102_444_800,
    "scopes": [{"type": "PIPES:READ", "resource": "sales"}], "limits": {"rps": 5}}
NOT_OURS = "charts-token: error: the token is not signed with this key by HS256\n"


def token(key: str = KEY, algorithm: str = "HS256", **changes) -> str:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    return jwt.encode(claims, key, algorithm=algorithm)


def test_in_words_it_prints_a_claim_a_line_and_the_time_left() -> None:
    now = int(time.time())
    # Half a minute more than what is said, so that a slow start changes nothing.
    done = run("inspect", token(exp=now + 2 * 3600 + 5 * 60 + 30, name="a"))
    assert (done.status, done.errors) == (OK, "")
    claims, _, verdict = done.output.strip().rpartition("\n")
    assert claims == f"""\
workspace_id  "{WORKSPACE}"
name          "a"
exp           {now + 2 * 3600 + 5 * 60 + 30}
scopes        [{{"type":"PIPES:READ","resource":"sales"}}]
limits        {{"rps":5}}"""
    date = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now + 2 * 3600 + 5 * 60 + 30))
    assert verdict == f"The token verifies, and expires in 2 hours 5 minutes ({date})."


def test_as_json_it_is_one_line_of_the_claims_and_expires_in() -> None:
    now = int(time.time())
    done = run("inspect", "--json", token(exp=now + 1000))
    assert (done.status, done.errors, done.output.count("\n")) == (OK, "", 1)
    shown = json.loads(done.output)
    assert 900 <= shown.pop("expires_in") <= 1000
    assert list(shown) == list(CLAIMS)
    assert shown == {**CLAIMS, "exp": now + 1000}


def test_the_program_s_own_tokens_verify() -> None:
    printed = run("token").output
    done = run("inspect", "--json", printed.strip())
    assert done.status == OK
    assert 48 * 3600 - 5 <= json.loads(done.output)["expires_in"] <= 48 * 3600


@pytest.mark.parametrize("text", ["{}", "{}\n", "  {}\r\n\n", "\n{}"])
def test_it_reads_standard_input(text: str) -> None:
    done = run("inspect", stdin=text.format(token()))
    assert (done.status, done.errors) == (OK, "")
    # A token that was wrapped by a mail program.
    half = len(token()) // 2
    assert run("inspect", stdin=token()[:half] + "\n" + token()[half:]).status == OK


def test_nothing_on_standard_input_is_no_token() -> None:
    done = run("inspect", stdin="")
    assert (done.status, done.output, done.errors) == (FAILURE, "", NOT_OURS)


def test_an_expired_token_is_shown_and_fails() -> None:
    done = run("inspect", token(exp=1000))
    assert (done.status, done.errors) == (FAILURE, "")
    last = done.output.splitlines()[-1]
    # The second unit is what it is at this time of the day.
    assert re.fullmatch(
        r"The token verifies, and expired \d+ days( \d+ (hour|minute|second)s?)? ago \(1970-01-01 00:16:40 UTC\)\.", last)
    done = run("inspect", "--json", token(exp=1000))
    assert (done.status, done.errors) == (FAILURE, "")
    assert json.loads(done.output)["expires_in"] < 0


def test_the_time_left_is_said_in_its_two_largest_units() -> None:
    for seconds, words in [
        (86_400 + 3600 * 2 + 30, "1 day 2 hours"), (86_400 * 30 + 30, "30 days 30 seconds|30 days 2\\d seconds"),
        (3600 + 60 + 30, "1 hour 1 minute"), (90, "1 minute (30|2\\d) seconds"), (50, "(50|4\\d) seconds"),
    ]:
        done = run("inspect", token(exp=int(time.time()) + seconds))
        assert re.search(rf"expires in ({words}) \(", done.output), done.output


def test_a_token_of_another_key_or_form_says_no_claim() -> None:
    good = token()
    header, payload, signature = good.split(".")
    for wrong in [
        token("another key, which is also long enough"), token(algorithm="HS512"), token("", "none"), f"{header}.{payload}.",
        f"{header}.{payload}", f"{good}.x", good + "=", "x", "...", f"{header}.{payload}x.{signature}", "ü" * 100,
        "Bearer." + good,
    ]:
        for options in ([], ["--json"]):
            done = run("inspect", *options, wrong)
            assert (done.status, done.output, done.errors) == (FAILURE, "", NOT_OURS), wrong


def test_a_token_without_exp_fails() -> None:
    done = run("inspect", token(exp=None))
    assert (done.status, done.output) == (FAILURE, "")
    assert done.errors == "charts-token: error: the token has no exp: Tinybird refuses it\n"


def test_it_needs_the_key_and_no_other_setting() -> None:
    assert run("inspect", token(), settings={"TINYBIRD_SIGNING_KEY": KEY}).status == OK
    done = run("inspect", token(), settings={"TINYBIRD_PIPES": "sales"})
    assert (done.status, done.output) == (CONFIG, "")
    assert done.errors == (
        "charts-token: error: TINYBIRD_SIGNING_KEY is not set: set it to the workspace admin token, or "
        "TINYBIRD_SIGNING_KEY_FILE to a file that holds it\n")


@pytest.mark.parametrize("options", [[], ["--json"]], ids=["in words", "as JSON"])
def test_what_would_steer_a_terminal_is_not_passed_on(options: list[str]) -> None:
    # Escaped by JSON's rules or, where those allow the character itself, by ours.
    steering = "\x1b[31m\r\x07\x7f\u009b1m\u202e"
    plain = jwt.api_jws.encode(json.dumps({**CLAIMS, "name": steering}, ensure_ascii=False).encode(), KEY)
    done = run("inspect", *options, plain)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.output)
    shown = json.loads(done.output)["name"] if options else json.loads(re.search(r"^name +(.*)$", done.output, re.M)[1])
    assert shown == steering


def test_wrong_usage_is_64() -> None:
    for arguments in (["a", "b"], ["--yaml"], ["--as", "REMOTE_USER=a"]):
        done = run("inspect", *arguments, settings=GUIDES)
        assert (done.status, done.output) == (USAGE, "")
        assert "Usage: charts-token inspect [<token>] [--json]\n" in done.errors
