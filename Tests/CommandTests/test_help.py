"""Help and version: what a shell is told; and that a web server's query is no command."""

from __future__ import annotations

import re
import subprocess

from Support.command import GUIDES, OK, USAGE, run
from Support.repository import PROGRAM


def test_without_arguments_it_is_help() -> None:
    done = run(settings={})
    assert (done.status, done.errors) == (OK, "")
    assert done.output == run("--help", settings={}).output == run("help", settings={}).output
    assert done.output.startswith("OVERVIEW: Signs Tinybird tokens for charts on web pages")
    for command in ["check", "token", "inspect"]:
        assert re.search(rf"^  {command} ", done.output, re.M)
    assert all(len(line) <= 80 for line in done.output.splitlines())


def test_the_example_in_help_is_right() -> None:
    assert "TINYBIRD_SIGNING_KEY=p.… TINYBIRD_PIPES=sales_by_city charts-token check" in run("--help").output
    assert run("check", settings={**GUIDES, "TINYBIRD_PIPES": "sales_by_city"}).status == OK


def test_each_command_has_help_with_its_exit_statuses() -> None:
    for command, statuses in [("check", ["0", "78"]), ("token", ["78"]), ("inspect", ["0", "1", "78"])]:
        done = run(command, "--help")
        assert (done.status, done.errors) == (OK, "")
        assert done.output == run("help", command).output
        assert f"USAGE: charts-token {command}" in done.output
        assert all(re.search(rf"\b{status}\b", done.output) for status in statuses)
    for command in ["check", "token"]:
        assert "--as <NAME=value>" in run(command, "--help").output


def test_the_version_comes_with_its_commit_and_how_openssl_is_linked() -> None:
    done = run("--version", settings={})
    assert (done.status, done.errors) == (OK, "")
    version, commit, openssl = done.output.splitlines()
    assert re.fullmatch(r"charts-token \d+\.\d+\.\d+", version)
    assert re.fullmatch(r"commit ([0-9a-f]{40}\S*|unknown)", commit)
    interpreter = subprocess.run(["readelf", "-l", PROGRAM], capture_output=True, text=True, check=True).stdout
    linked = "dynamically" if "INTERP" in interpreter else "statically"
    assert re.fullmatch(rf"OpenSSL 3\.\S+ .+, linked {linked}", openssl)


def test_what_is_no_command_is_64() -> None:
    for arguments in (["tokens"], ["--tokens"], ["-x"]):
        done = run(*arguments)
        assert (done.status, done.output) == (USAGE, "")
        assert "See 'charts-token --help' for more information.\n" in done.errors


def test_as_a_cgi_program_it_ignores_its_arguments() -> None:
    for arguments in (["--help"], ["token", "--as", "REMOTE_USER=bob"], ["inspect"], ["x"]):
        done = run(*arguments, settings={**GUIDES, "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET"})
        assert (done.status, done.errors) == (OK, "")
        assert done.output.startswith("Status: 200 OK") and done.output.endswith('"expires_in":172800}')
