"""apache/serve: what it serves, what reaches the program, and how it ends."""

import concurrent.futures
import fcntl
import gzip
import json
import os
import pathlib
import pty
import re
import signal
import socket
import struct
import subprocess
import termios
import time
import urllib.request

import pytest

from Support.apache_serve import DEMONSTRATION_KEY, NOBODY, Serve, claims_of, command_lines, fetch, write_script
from Support.marks import as_root
from Support.repository import REPOSITORY
from Support.servers import free_port
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


def test_an_edited_page_is_there_on_reload(serve, clone):
    project = clone("home")
    run = serve(clone=project).up()

    (project / "apache/htdocs/index.html").write_text("edited")

    assert fetch(f"{run.url}/")[2] == "edited"


def test_it_listens_on_loopback_only(serve):
    run = serve().up()

    addresses = {
        line.split()[1].rpartition(":")[0] for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in pathlib.Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{run.port:04X}")}

    ipv4, ipv6 = "0100007F", "00000000000000000000000001000000"
    assert addresses <= {ipv4, ipv6} and ipv4 in addresses
    if "00000000000000000000000000000001" in pathlib.Path("/proc/net/if_inet6").read_text():
        assert fetch(f"http://[::1]:{run.port}/generate-token")[0] == 200


def test_many_visitors_at_once_are_all_answered(serve):
    run = serve().up()

    with concurrent.futures.ThreadPoolExecutor(32) as visitors:
        answers = list(visitors.map(lambda _: fetch(f"{run.url}/generate-token")[0], range(640)))

    assert answers == [200] * 640
    assert run.errors == BUILDING + DEMONSTRATION


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


def test_with_a_key_of_ones_own_nothing_is_said_of_the_demonstration(serve):
    run = serve(TINYBIRD_SIGNING_KEY=KEY, TINYBIRD_PIPES="sales").up()

    assert claims_of(run.token(), KEY)["scopes"] == [{"type": "PIPES:READ", "resource": "sales"}]
    assert run.errors == BUILDING


def test_a_key_file_is_found_from_where_the_script_was_called_and_read_again(serve, tmp_path):
    tmp_path.joinpath("key").write_text(KEY + "\n")
    for directory in (tmp_path, *tmp_path.parents[:-2]):
        directory.chmod(directory.stat().st_mode | 0o011)

    run = serve(cwd=tmp_path, TINYBIRD_SIGNING_KEY_FILE="key", TINYBIRD_PIPES="sales").up()
    claims_of(run.token(), KEY)
    tmp_path.joinpath("new").write_text(KEY + "-rotated")
    tmp_path.joinpath("new").rename(tmp_path / "key")

    wait_until(lambda: _verifies(run.token(), KEY + "-rotated"), "the new key")


def _verifies(token, key):
    try:
        return claims_of(token, key)
    except Exception:
        return None


@as_root
def test_roots_own_key_file_works_though_apaches_user_cannot_read_it(serve, shared):
    file = shared / "root.key"
    file.write_text(KEY)
    file.chmod(0o600)

    run = serve(TINYBIRD_SIGNING_KEY_FILE=str(file), TINYBIRD_PIPES="sales").up()

    claims_of(run.token(), KEY)
    assert run.errors == BUILDING + (
        f"apache/serve: www-data cannot read {file}: it is read now, and changes to it need a restart.\n")


def test_the_number_of_threads_reaches_the_program(serve):
    run = serve(TINYBIRD_THREADS="7").up()
    run.token()

    program = next(p for p, line in command_lines().items() if line.split()[:1] == [f"{run.directory}/charts-token"])

    environment = pathlib.Path(f"/proc/{program}/environ")
    if os.geteuid() == 0:
        assert b"TINYBIRD_THREADS=7" in environment.read_bytes().split(b"\0")


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


# --- Ending

@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_and_leaves_nothing(serve, number):
    run = serve().up()
    run.token()

    run.signal_group(number)

    assert run.end() == 0
    assert run.left_behind() == []


def test_a_second_ctrl_c_changes_nothing(serve):
    run = serve().up()
    run.token()

    for _ in range(20):
        if run.process.poll() is None:
            run.signal_group(signal.SIGINT)
            time.sleep(0.003)

    assert run.end() == 0
    assert run.left_behind() == []


@pytest.mark.parametrize("whole_group", [False, True])
def test_even_killed_it_leaves_nothing(serve, whole_group):
    run = serve().up()
    run.token()

    if whole_group:
        run.signal_group(signal.SIGKILL)
    else:
        run.process.kill()

    assert run.end() == -signal.SIGKILL
    wait_until(lambda: not run.left_behind(), "the end of all it started")


def test_stopped_while_it_builds_it_leaves_nothing(serve, commands, shared):
    started, stopped = shared / "build-started", shared / "build-stopped"
    write_script(commands / "swift", f"""
        case $1 in --version) echo "Swift version 6.2"; exit ;; esac
        trap 'echo >"{stopped}"; exit 130' INT
        echo >"{started}"
        while :; do sleep 0.05; done""")
    run = serve()
    wait_until(started.exists, "the build")
    directories = [line.split()[-1] for line in command_lines().values() if " janitor /tmp/charts-token." in line]

    run.process.send_signal(signal.SIGTERM)

    assert run.end() == 128 + signal.SIGTERM
    assert stopped.exists()
    assert directories  # at least ours; others' may be there too
    assert not any(f"{commands}/swift build" in line for line in command_lines().values())


def test_the_build_does_not_know_the_key(serve, commands, shared):
    # Manifests of dependencies run in it.
    seen = shared / "environment-of-the-build"
    write_script(commands / "swift", f"""
        case $1 in --version) echo "Swift version 6.2" ;; *) env >"{seen}" ;; esac""")

    serve(TINYBIRD_SIGNING_KEY="p.a.b", TINYBIRD_PIPES="sales").up()

    assert "PATH=" in seen.read_text()
    assert "TINYBIRD_" not in seen.read_text()


def test_an_installed_packages_files_are_not_its():
    # Root's alone: Apache doesn't start for anybody else where it is told to read them.
    files = re.findall(r"Define (CHARTS_TOKEN_\w+) /etc/charts-token/", (REPOSITORY / "apache/charts-token.conf").read_text())
    assert len(files) == 2
    text = (REPOSITORY / "apache/serve").read_text()
    assert all(f"\nDefine {name} none.conf\n" in text for name in files)


def test_apaches_own_end_ends_the_script(serve):
    run = serve().up()

    os.kill(run.apache, signal.SIGTERM)

    assert run.end() == 1
    assert run.errors.endswith("apache/serve: Apache ended by itself: the log above may say why\n")
    assert run.left_behind() == []


class Terminal:
    """apache/serve in the foreground of a terminal of its own."""

    def __init__(self, environment):
        self.process, self.descriptor = pty.fork()
        if self.process == 0:
            os.execve(REPOSITORY / "apache/serve", ["apache/serve"], environment)
        os.set_blocking(self.descriptor, False)
        self.text = ""

    def shows(self, text):
        try:
            self.text += os.read(self.descriptor, 65536).decode()
        except (BlockingIOError, OSError):
            pass
        return text in self.text

    def resize(self, rows, columns):
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def status(self):
        process, status = os.waitpid(self.process, os.WNOHANG)
        return None if process == 0 else (os.waitstatus_to_exitcode(status),)


@pytest.fixture
def terminal(commands, tools):
    port = free_port()
    terminal = Terminal({"PATH": f"{commands}:{tools}", "HOME": "/", "LANG": "C.UTF-8", "PORT": str(port)})
    terminal.port = port
    wait_until(lambda: terminal.shows("Ctrl-C stops it."), "serving", 60)
    yield terminal
    try:
        os.kill(terminal.process, signal.SIGTERM)
        os.waitpid(terminal.process, 0)
    except (ProcessLookupError, ChildProcessError):
        pass


def test_in_a_terminal_a_resize_changes_nothing_and_ctrl_c_ends_it(terminal):
    for rows in range(20, 60):
        terminal.resize(rows, 80)
    assert fetch(f"http://localhost:{terminal.port}/generate-token")[0] == 200

    os.write(terminal.descriptor, b"\x03")

    assert wait_until(terminal.status, "its end") == (0,)
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", terminal.port)) != 0
    os.close(terminal.descriptor)


def test_a_closed_terminal_ends_it(terminal):
    fetch(f"http://localhost:{terminal.port}/generate-token")
    directory = next(
        line.split()[2].removesuffix("/httpd.conf") for process, line in command_lines().items()
        if line.startswith("/usr/sbin/apache2 -f") and Serve._parent(process) == terminal.process)

    os.close(terminal.descriptor)

    assert wait_until(terminal.status, "its end") == (0,)
    assert not pathlib.Path(directory).exists()
    assert not any(directory in line for line in command_lines().values())


# --- Where, and as whom

def test_called_by_a_symbolic_link_with_spaces_from_anywhere(serve, clone, shared):
    project = clone("a home 'with' spaces & \"quotes\" $HOME ${x} \\")
    link = project.parent / "a link"
    link.symlink_to("project/apache/serve")

    run = serve(program=link, cwd=shared).up()

    claims_of(run.token(), DEMONSTRATION_KEY)
    assert fetch(f"{run.url}/")[0] == 200


@as_root
def test_root_serves_copies_from_a_home_that_others_cannot_read(serve, clone):
    project = clone("home", mode=0o700)

    run = serve(clone=project).up()

    claims_of(run.token(), DEMONSTRATION_KEY)
    assert fetch(f"{run.url}/tinybird-chart.js")[0] == 200
    assert f"www-data cannot read {project}: serving a copy" in run.errors


@as_root
def test_an_unprivileged_user_serves_from_a_home_that_others_cannot_read(serve, clone):
    project = clone("home", owner=NOBODY, mode=0o700)

    run = serve(clone=project, user=NOBODY, TMPDIR="/a directory/that is not/there").up()

    claims_of(run.token(), DEMONSTRATION_KEY)
    assert fetch(f"{run.url}/")[0] == 200
    assert run.errors == BUILDING + DEMONSTRATION
    assert run.users() == {NOBODY}
    run.signal_group(signal.SIGINT)
    assert run.end() == 0
    assert run.left_behind() == []


# --- What is wrong, in one line

def refused(run, line, status=1):
    assert run.end(60) == status
    assert run.errors == line + "\n"
    assert run.output == ""


def test_a_port_in_use(serve):
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with socket.create_server((address, 0), family=family) as listener:
            port = listener.getsockname()[1]
            refused(
                serve(PORT=str(port)), f"apache/serve: port {port} is in use: stop what listens there, or choose "
                "another, like PORT=8080 apache/serve")


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "80 80", "99999999999999999999", "8080x", "0x50"])
def test_a_bad_port(serve, port):
    refused(serve(PORT=port), f'apache/serve: PORT is "{port}": it must be a number from 1 to 65535', 2)


def test_a_port_with_leading_zeros_is_decimal(serve):
    port = free_port()

    run = serve(PORT=f"0{port}").up()

    assert fetch(f"http://localhost:{port}/generate-token")[0] == 200
    run.port = port


def test_no_swift(serve, commands):
    (commands / "swift").unlink()

    refused(
        serve(), "apache/serve: swift is not in the PATH: install Swift 6.2 or newer from "
        "https://www.swift.org/install/linux/")


@pytest.mark.parametrize("version", ["5.9", "6.1.2", "5.10"])
def test_an_old_swift(serve, commands, version):
    write_script(commands / "swift", f'echo "Swift version {version} (swift-{version}-RELEASE)"')

    refused(
        serve(), f"apache/serve: Swift version {'.'.join(version.split('.')[:2])} is too old: install Swift 6.2 or "
        "newer from https://www.swift.org/install/linux/")


def test_a_failing_build_shows_its_errors_without_the_linkers_warnings(serve, commands):
    write_script(commands / "swift", """
        case $1 in --version) echo "Swift version 6.2"; exit ;; esac
        echo "f.o: warning: Using 'dlopen' in statically linked applications requires at runtime …"
        echo "main.swift:1:1: error: no such thing" >&2
        exit 1""")

    refused(
        serve(), BUILDING + "main.swift:1:1: error: no such thing\n"
        "apache/serve: the build failed: its messages are above")


@as_root
def test_a_missing_module(serve, shared):
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    without = shared / "modules"
    hide = ('cp -r /usr/lib/apache2/modules "$1" && rm "$1/mod_fcgid.so" &&'
            ' mount --bind "$1" /usr/lib/apache2/modules && shift && exec "$@"')

    refused(
        serve(wrapper=("unshare", "-m", "sh", "-c", hide, "hide", without)),
        "apache/serve: Apache's module /usr/lib/apache2/modules/mod_fcgid.so is missing; as root, run: apt-get install "
        "--reinstall apache2-bin libapache2-mod-fcgid")


@as_root
def test_a_port_that_only_root_may_use_says_so(serve, clone):
    if int(pathlib.Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) < 1000:
        pytest.skip("every port is everyone's here")

    run = serve(clone=clone("home", owner=NOBODY), user=NOBODY, PORT="999")

    assert run.end(60) == 1
    assert "could not bind to address" in run.errors
    assert run.errors.endswith("\napache/serve: Apache did not start: its message is above\n")


def test_help_and_unknown_arguments(serve):
    for option in ("--help", "-h"):
        run = serve(option)
        assert run.end() == 0
        assert run.output.startswith("Usage: apache/serve\n") and "PORT" in run.output and run.errors == ""
    for arguments in (("--port", "80"), ("x",), ("",), ("--help", "x")):
        refused(
            serve(*arguments),
            f"apache/serve: unknown argument: {arguments[0]} (apache/serve --help tells the usage)", 2)
