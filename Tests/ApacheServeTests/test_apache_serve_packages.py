"""apache/serve installs the Debian packages that are missing: with stand-ins that record how they are called."""

import os
import pty
import subprocess

import pytest

from Support.apache_serve import DEMONSTRATION_KEY, NOBODY, claims_of, write_script
from Support.marks import as_root
from Support.servers import free_port

INSTALL = "apt-get install -y --no-install-recommends libfcgi-dev libapache2-mod-fcgid"

pytestmark = as_root


@pytest.fixture
def debian(commands):
    """A Debian where two packages are missing; a lookup of its records."""
    (commands / "calls").write_text("")
    (commands / "calls").chmod(0o666)
    # `dpkg-query -W -f=… PACKAGE`; known but not installed, as after `apt-get remove`, and not known at all.
    write_script(commands / "dpkg-query", f"""
        case $3 in
        libfcgi-dev) [ -e "{commands}/installed" ] && printf installed || printf config-files ;;
        libapache2-mod-fcgid) [ -e "{commands}/installed" ] && printf installed || exit 1 ;;
        *) printf installed ;;
        esac""")
    write_script(commands / "apt-get", f"""
        echo "$(id -u) $DEBIAN_FRONTEND apt-get $*" >>"{commands}/calls"
        echo "Reading package lists..."
        case "$*" in
        *update*) : >"{commands}/updated" 2>/dev/null ;;
        *) [ ! -e "{commands}/stale" ] || [ -e "{commands}/updated" ] ||
            {{ echo "E: Unable to locate package libfcgi-dev" >&2; exit 100; }}
            [ ! -e "{commands}/broken" ] || {{ echo "E: No space left" >&2; exit 100; }} ;;
        esac""")

    class Debian:
        def make(self, *states):
            for state in states:
                (commands / state).touch()

        def with_sudo(self, text):
            write_script(commands / "sudo", f'echo "sudo $*" >>"{commands}/calls"\n{text}')

        @property
        def calls(self):
            return (commands / "calls").read_text().splitlines()

    return Debian()


def test_root_installs_what_is_missing_and_nothing_else(serve, debian):
    run = serve().up()

    claims_of(run.token(), DEMONSTRATION_KEY)
    assert debian.calls == [
        "0 noninteractive apt-get install -q -y --no-install-recommends libfcgi-dev libapache2-mod-fcgid"]
    assert run.errors.startswith(
        "apache/serve: Installing libfcgi-dev libapache2-mod-fcgid …\napache/serve: Building charts-token …\n")


def test_where_all_is_installed_nothing_is_called(serve, debian):
    debian.make("installed")

    run = serve().up()

    assert debian.calls == []
    assert run.errors.startswith("apache/serve: Building charts-token …\n")


def test_where_only_the_static_library_of_cxx_is_missing_it_is_installed(serve, debian):
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    debian.make("installed")

    hide = 'mount -t tmpfs none /usr/lib/gcc && exec "$@"'
    serve(wrapper=("unshare", "-m", "sh", "-c", hide, "hide")).up()

    assert debian.calls == ["0 noninteractive apt-get install -q -y --no-install-recommends g++"]


def test_the_lists_of_packages_are_fetched_only_where_they_are_old(serve, debian):
    debian.make("stale")

    serve().up()

    assert [call.split()[-3 if "install" in call else -1] for call in debian.calls] == [
        "--no-install-recommends", "update", "--no-install-recommends"]


def test_what_apt_get_says_is_shown_where_it_fails(serve, debian):
    debian.make("broken")

    run = serve()

    assert run.end(60) == 1
    assert run.errors.splitlines()[-2:] == [
        "E: No space left",
        "apache/serve: the packages could not be installed (apt-get's last lines are above); as root, run: " + INSTALL]


def test_without_sudo_the_line_to_run_is_printed(serve, debian, clone):
    run = serve(clone=clone("home", owner=NOBODY), user=NOBODY)

    assert run.end(60) == 1
    assert run.errors == f"apache/serve: packages are missing; as root, run: {INSTALL}\n"
    assert debian.calls == []


def test_sudo_is_used_where_it_asks_nothing(serve, debian, clone):
    debian.with_sudo('case $1 in -n) shift ;; esac\nexec "$@"')

    serve(clone=clone("home", owner=NOBODY), user=NOBODY).up()

    assert debian.calls == [
        "sudo -n true",
        "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends libfcgi-dev "
        "libapache2-mod-fcgid",
        f"{NOBODY} noninteractive apt-get install -q -y --no-install-recommends libfcgi-dev libapache2-mod-fcgid"]


def test_sudo_that_would_ask_where_nobody_can_answer_is_left_alone(serve, debian, clone):
    debian.with_sudo('case $1 in -n) echo "sudo: a password is required" >&2; exit 1 ;; esac\necho asked >&2; exit 1')

    run = serve(clone=clone("home", owner=NOBODY), user=NOBODY)

    assert run.end(60) == 1
    assert run.errors == f"apache/serve: packages are missing; as root, run: {INSTALL}\n"
    assert debian.calls == ["sudo -n true"]


def test_sudo_may_ask_on_a_terminal(commands, tools, debian, clone):

    debian.with_sudo('printf "[sudo] password: " >/dev/tty; read -r word </dev/tty; [ "$word" = open ] && exec "$@"')
    project = clone("home", owner=NOBODY)
    environment = {"PATH": f"{commands}:{tools}", "HOME": "/", "LANG": "C.UTF-8", "PORT": str(free_port())}
    process, descriptor = pty.fork()
    if process == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.execve(project / "apache/serve", ["apache/serve"], environment)

    text = _read_until(descriptor, "password: ")
    os.write(descriptor, b"open\n")
    text += _read_until(descriptor, "Ctrl-C stops it.")
    os.write(descriptor, b"\x03")

    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    os.close(descriptor)
    assert "apache/serve: Installing libfcgi-dev libapache2-mod-fcgid …" in text


def _read_until(descriptor, end):
    text = ""
    while end not in text:
        text += os.read(descriptor, 65536).decode()
    return text


def test_a_system_without_dpkg(serve, commands):
    (commands / "dpkg-query").unlink()

    run = serve()

    assert run.end(60) == 1
    assert run.errors == "apache/serve: needs Debian or a system made from it: there is no dpkg-query here\n"
