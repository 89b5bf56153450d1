"""`charts-token token`: one token alone on standard output."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import jwt

from Support.command import CONFIG, GUIDES, OK, USAGE, run
from Support.tokens import KEY, WORKSPACE

PER_USER = {**GUIDES, "TINYBIRD_FIXED_PARAMS": "org_id=%{REMOTE_USER}&team=%{OIDC_CLAIM_team}"}


def test_it_prints_a_token_and_nothing_else() -> None:
    done = run("token")
    assert (done.status, done.errors) == (OK, "")
    token = done.output.removesuffix("\n")
    header, payload, _ = token.split(".")
    assert base64.urlsafe_b64decode(header + "==") == b'{"alg":"HS256","typ":"JWT"}'
    claims = jwt.decode(token, KEY, algorithms=["HS256"])
    assert abs(claims["exp"] - time.time() - 48 * 3600) <= 60
    assert base64.urlsafe_b64decode(payload + "==").decode() == (
        f'{{"workspace_id":"{WORKSPACE}","name":"charts_token","exp":{claims["exp"]},'
        f'"scopes":[{{"type":"PIPES:READ","resource":"sales"}}]}}')


def test_as_gives_the_variables_of_a_login() -> None:
    done = run("token", "--as", "REMOTE_USER=alice", "--as", "OIDC_CLAIM_team=a=b&c", settings=PER_USER)
    assert (done.status, done.errors) == (OK, "")
    claims = jwt.decode(done.output.strip(), KEY, algorithms=["HS256"])
    assert json.dumps(claims["scopes"][0]["fixed_params"]) == '{"org_id": "alice", "team": "a=b&c"}'


def test_as_takes_a_value_that_begins_with_a_combining_character() -> None:
    done = run("token", "--as", "REMOTE_USER=\u0301\u0338", "--as", "OIDC_CLAIM_team=\u200d", settings=PER_USER)
    assert (done.status, done.errors) == (OK, "")
    claims = jwt.decode(done.output.strip(), KEY, algorithms=["HS256"])
    assert claims["scopes"][0]["fixed_params"] == {"org_id": "\u0301\u0338", "team": "\u200d"}


def test_nothing_is_signed_for_nobody() -> None:
    for options in ([], ["--as", "REMOTE_USER="], ["--as", "REMOTE_USER=alice", "--as", "OIDC_CLAIM_team="]):
        done = run("token", *options, settings={**PER_USER, "REMOTE_USER": "root", "OIDC_CLAIM_team": "wheel"})
        name = "OIDC_CLAIM_team" if len(options) > 2 else "REMOTE_USER"
        assert (done.status, done.output) == (CONFIG, "")
        assert done.errors == (
            f"charts-token: error: {name} is not set or empty in this request: name it with --as {name}=…\n")


def test_problems_go_to_standard_error_one_a_line() -> None:
    done = run("token", settings={"TINYBIRD_TOKEN_TTL": "0"})
    assert (done.status, done.output) == (CONFIG, "")
    assert done.errors == """\
charts-token: error: TINYBIRD_SIGNING_KEY is not set: set it to the workspace admin token, or \
TINYBIRD_SIGNING_KEY_FILE to a file that holds it
charts-token: error: TINYBIRD_PIPES is not set: set it to the names or ids of the pipes, separated by commas
charts-token: error: TINYBIRD_TOKEN_TTL is 0: set it to 1s or more
"""


def test_warnings_leave_standard_output_to_the_token() -> None:
    done = run("token", settings={**GUIDES, "TINYBIRD_SIGNING_KEY": "short", "TINYBIRD_WORKSPACE_ID": WORKSPACE})
    assert done.status == OK
    assert done.output.count("\n") == 1 and done.output.count(".") == 2
    assert done.errors == (
        "charts-token: warning: TINYBIRD_SIGNING_KEY holds 5 bytes, fewer than the 32 of RFC 7518 §3.2: "
        "is it the whole workspace admin token?\n")


def test_a_static_program_alone_leaves_out_the_hosts_openssl_configuration(tmp_path: Path) -> None:
    configuration = tmp_path / "openssl.cnf"
    configuration.write_text(
        "openssl_conf = init\n[init]\nalg_section = algorithms\n[algorithms]\ndefault_properties = fips=yes\n")
    signs = run("token", settings={**GUIDES, "OPENSSL_CONF": str(configuration)}).status == OK
    assert signs == ("linked statically" in run("--version").output)


def test_wrong_usage_is_64_and_explained() -> None:
    for arguments, message in [
        (["--as", "alice"], "'alice' has no value: write --as NAME=value, such as --as REMOTE_USER=alice"),
        (["--as"], "Missing value for '--as <NAME=value>'"),
        (["--json"], "Unknown option '--json'. Did you mean '--as'?"),
        (["alice"], "Unexpected argument 'alice'"),
    ]:
        done = run("token", *arguments)
        assert (done.status, done.output) == (USAGE, "")
        assert done.errors == (
            f"Error: {message}\n"
            + ("Help:  --as <NAME=value>  A variable of the request, as the web server's login would set it; may be given "
               "several times.\n" if arguments == ["--as"] else "")
            + "Usage: charts-token token [--as <NAME=value> ...]\n"
            "  See 'charts-token token --help' for more information.\n")
