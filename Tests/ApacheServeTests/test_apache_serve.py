"""apache/serve: what it serves, what reaches the program, and what it refuses."""

import gzip
import json
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest

from Support.apache_serve import DEMONSTRATION_KEY, NOBODY, claims_of, command_lines, fetch, write_script
from Support.marks import as_root
from Support.repository import REPOSITORY
from Support.tokens import KEY, PIPE, WORKSPACE
from Support.waiting import wait_until

BUILDING = "apache/serve: Building charts-token …\n"
DEMONSTRATION = (
    "apache/serve: TINYBIRD_SIGNING_KEY is not set: signing with a demonstration key, whose tokens Tinybird refuses.\n")


# --- What it serves

def test_it_hands_out_the_guides_token(serve):
    run = serve().up()

    answer = subprocess.run(
        ["curl", "-s", f"localhost:{run.port}/generate-token"], check=True, capture_output=True, timeout=60)

    claims = claims_of(json.loads(answer.stdout)["token"], DEMONSTRATION_KEY)
    assert abs(claims.pop("exp") - time.time() - 48 * 3600) < 60
    assert claims == {
        "workspace_id": WORKSPACE, "name": "charts_token", "scopes": [{"type": "PIPES:READ", "resource": PIPE}]}
    assert json.loads(answer.stdout)["expires_in"] == 48 * 3600
    assert run.output == (
        f"charts-token is serving http://localhost:{run.port}/ "
        f"(endpoint: http://localhost:{run.port}/generate-token). Ctrl-C stops it.\n")
    assert run.errors == BUILDING + DEMONSTRATION


def test_the_page_and_its_files_come_with_their_types_and_a_strict_policy(serve):
    run = serve().up()

    status, headers, page = fetch(f"{run.url}/")

    assert status == 200 and headers.get_content_type() == "text/html"
    assert "<tinybird-chart" in page
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "style-src 'self'" in policy and "unsafe" not in policy
    assert "frame-src" in policy and "tinybird.co" in policy
    for file, type in (("tinybird-chart.js", "text/javascript"), ("page.css", "text/css"), ("icon.svg", "image/svg+xml")):
        status, headers, body = fetch(f"{run.url}/{file}")
        assert (status, headers.get_content_type()) == (200, type)
        assert body == (REPOSITORY / "apache/htdocs" / file).read_text()


def test_scripts_are_sent_compressed(serve):
    run = serve().up()
    for url, path in ((f"{run.url}/tinybird-chart.js", REPOSITORY / "apache/htdocs/tinybird-chart.js"),
                      (f"{run.url}/javascript/chart.js/chart.min.js", "/usr/share/javascript/chart.js/chart.min.js")):
        request = urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})
        with urllib.request.urlopen(request) as response:
            assert response.headers["Content-Encoding"] == "gzip"
            assert gzip.decompress(response.read()) == pathlib.Path(path).read_bytes()


def test_it_listens_on_loopback_only(serve):
    run = serve().up()

    addresses = {
        line.split()[1].rpartition(":")[0] for table in ("/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6")
        for line in pathlib.Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{run.port:04X}")}

    ipv4, ipv6 = "0100007F", "00000000000000000000000001000000"
    assert addresses <= {ipv4, ipv6} and ipv4 in addresses
    if "00000000000000000000000000000001" in pathlib.Path("/proc/thread-self/net/if_inet6").read_text():
        assert fetch(f"http://[::1]:{run.port}/generate-token")[0] == 200


# --- Settings

def test_settings_reach_the_program_whatever_their_characters(serve):
    # Not "%{", which is the program's own to fill in.
    name = """it's "quoted" \\ $HOME ${PATH} %h `id` ö; # & < > | * ? ~ [a]"""

    run = serve(
        TINYBIRD_SIGNING_KEY=KEY, TINYBIRD_PIPES="one two,three", TINYBIRD_TOKEN_NAME=name,
        TINYBIRD_TOKEN_TTL="10m").up()

    claims = claims_of(run.token(), KEY)
    assert claims["name"] == name
    assert [scope["resource"] for scope in claims["scopes"]] == ["one", "two", "three"]
    assert abs(claims["exp"] - time.time() - 600) < 60


@as_root
def test_the_key_may_be_in_a_file_that_only_root_can_read(serve, shared):
    file = shared / "root.key"
    file.write_text(KEY + "\n")
    file.chmod(0o600)

    run = serve(cwd=shared, TINYBIRD_SIGNING_KEY_FILE="root.key", TINYBIRD_PIPES="sales").up()

    assert claims_of(run.token(), KEY)["scopes"] == [{"type": "PIPES:READ", "resource": "sales"}]
    assert run.errors == BUILDING


def test_what_is_wrong_is_said_before_the_start_and_in_the_log(serve):
    run = serve(TINYBIRD_SIGNING_KEY=KEY).up()
    assert run.errors.startswith(BUILDING + "apache/serve: problem: TINYBIRD_PIPES is not set")

    assert fetch(f"{run.url}/generate-token")[0] == 503

    line = wait_until(lambda: run.errors.splitlines()[2:], "the log line")[0]
    assert line.startswith("charts-token: error: TINYBIRD_PIPES")
    assert KEY not in run.errors


def test_the_key_is_in_no_file_and_on_no_command_line(serve):
    run = serve(TINYBIRD_SIGNING_KEY=KEY, TINYBIRD_PIPES="sales").up()
    run.token()

    assert not any(KEY in line for line in command_lines().values())
    for file in run.directory.iterdir():
        if file.is_file() and not file.is_symlink():
            assert KEY.encode() not in file.read_bytes(), file


# --- What it keeps to itself

def test_the_build_does_not_know_the_key(serve, commands, shared):
    # Manifests of dependencies run in it.
    seen = shared / "environment-of-the-build"
    write_script(commands / "swift", f'env >"{seen}"')

    serve(TINYBIRD_SIGNING_KEY="p.a.b", TINYBIRD_PIPES="sales").up()

    assert "PATH=" in seen.read_text()
    assert "TINYBIRD_" not in seen.read_text()


def test_an_installed_packages_files_are_not_its():
    # Root's alone: Apache doesn't start for anybody else where it is told to read them.
    files = re.findall(r"Define (CHARTS_TOKEN_\w+) /etc/charts-token/", (REPOSITORY / "apache/charts-token.conf").read_text())
    assert len(files) == 2
    text = (REPOSITORY / "apache/serve").read_text()
    assert all(f"\nDefine {name} none.conf\n" in text for name in files)


# --- Where, and as whom

def test_called_by_a_symbolic_link_with_spaces_from_anywhere(serve, clone, shared):
    project = clone("a home 'with' spaces & \"quotes\" $HOME ${x} \\")
    link = project.parent / "a link"
    link.symlink_to("project/apache/serve")

    run = serve(program=link, cwd=shared).up()

    claims_of(run.token(), DEMONSTRATION_KEY)
    assert fetch(f"{run.url}/")[0] == 200


@as_root
@pytest.mark.parametrize("user", [None, NOBODY])
def test_from_a_home_that_others_cannot_read(serve, clone, user):
    project = clone("home", owner=user or 0, mode=0o700)

    run = serve(clone=project, user=user, TMPDIR="/a directory/that is not/there").up()

    claims_of(run.token(), DEMONSTRATION_KEY)
    assert fetch(f"{run.url}/tinybird-chart.js")[0] == 200
    run.signal_group(signal.SIGINT)
    assert run.end() == 0
    wait_until(lambda: not run.left_behind(), "the end of all it started")


@as_root
def test_an_edited_page_is_there_on_reload(serve, clone):
    project = clone("home", owner=NOBODY)
    run = serve(clone=project, user=NOBODY).up()

    (project / "apache/htdocs/index.html").write_text("edited")

    assert fetch(f"{run.url}/")[2] == "edited"


# --- What is wrong, in one line

def refused(run, line):
    assert run.end() == 1
    assert run.errors == line + "\n"
    assert run.output == ""


def test_a_port_in_use(serve):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        refused(
            serve(PORT=str(port)), f"apache/serve: port {port} is in use: stop what listens there, or choose "
            "another, like PORT=8080 apache/serve")


@pytest.mark.parametrize("port", ["0", "http", "-1", "80 80", "99999999999999999999", "8080x", "0x50"])
def test_a_bad_port(serve, port):
    refused(serve(PORT=port), f'apache/serve: PORT is "{port}": it must be a number from 1 to 65535')


def test_no_swift(serve, commands):
    (commands / "swift").unlink()

    refused(
        serve(), "apache/serve: swift is not in the PATH: install Swift 6.3 or newer from "
        "https://www.swift.org/install/linux/")


@as_root
def test_a_port_that_only_root_may_use_says_so(serve, clone):
    if int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) < 1000:
        pytest.skip("every port is everyone's here")

    run = serve(clone=clone("home", owner=NOBODY), user=NOBODY, PORT="999")

    assert run.end() == 1
    assert "\napache/serve: Apache did not start: see its message\n" in run.errors
    wait_until(lambda: "could not bind to address" in run.errors, "Apache's message")


def test_a_failing_build_shows_its_messages(serve, commands):
    write_script(commands / "swift", 'echo "main.swift:1:1: error: no such thing" >&2; exit 1')

    refused(
        serve(), BUILDING + "main.swift:1:1: error: no such thing\n"
        "apache/serve: the build failed: its messages are above")


def test_help_and_unknown_arguments(serve):
    for option in ("--help", "-h"):
        run = serve(option)
        assert run.end() == 0
        assert run.output.startswith("Usage: apache/serve\n") and "PORT" in run.output and run.errors == ""
    for arguments in (("--port", "80"), ("x",), ("",), ("--help", "x")):
        refused(
            serve(*arguments),
            f"apache/serve: unknown argument: {arguments[0]} (apache/serve --help tells the usage)")
