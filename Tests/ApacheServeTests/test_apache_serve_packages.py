"""apache/serve installs the Debian packages that are missing: with stand-ins that record how they are called."""

import subprocess

import pytest

from Support.apache_serve import DEMONSTRATION_KEY, NOBODY, claims_of, write_script
from Support.marks import as_root

INSTALL = "apt-get -q install -y --no-install-recommends "
MISSING = "libfcgi-dev libapache2-mod-fcgid"

pytestmark = as_root


@pytest.fixture
def calls(commands):
    """A Debian where two packages are missing, and apt-get does what the file `apt-get.sh` says; what is called there."""
    log = commands / "calls"
    log.touch()
    log.chmod(0o666)
    # `dpkg-query -W -f=… PACKAGE`; known but not installed, as after `apt-get remove`, and not known at all.
    write_script(commands / "dpkg-query", """
        case $3 in
        libfcgi-dev) printf config-files ;;
        libapache2-mod-fcgid) exit 1 ;;
        *) printf installed ;;
        esac""")
    (commands / "apt-get.sh").touch()
    write_script(commands / "apt-get", f"""
        echo "$(id -u) $DEBIAN_FRONTEND apt-get $*" >>"{log}"
        . "{commands}/apt-get.sh" """)
    return lambda: log.read_text().splitlines()


def test_root_installs_what_is_missing_and_nothing_else(serve, calls):
    run = serve().up()

    claims_of(run.token(), DEMONSTRATION_KEY)
    assert calls() == [f"0 noninteractive {INSTALL}{MISSING}"]
    assert run.errors.startswith(f"apache/serve: Installing {MISSING} …\napache/serve: Building charts-token …\n")


def test_where_only_the_static_library_of_cxx_is_missing_it_is_installed(serve, calls, commands):
    if subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    write_script(commands / "dpkg-query", "printf installed\n")

    hide = 'mount -t tmpfs none /usr/lib/gcc && exec "$@"'
    serve(wrapper=("unshare", "-m", "sh", "-c", hide, "hide")).up()

    assert calls() == [f"0 noninteractive {INSTALL}g++"]


def test_the_lists_of_packages_are_fetched_only_where_they_are_old(serve, calls, commands):
    (commands / "apt-get.sh").write_text(
        f'case $2 in update) : >"{commands}/updated" ;; install) [ -e "{commands}/updated" ] || exit 100 ;; esac')

    serve().up()

    assert calls() == [
        f"0 noninteractive {INSTALL}{MISSING}", "0 noninteractive apt-get -q update",
        f"0 noninteractive {INSTALL}{MISSING}"]


def test_others_install_by_sudo(serve, calls, commands, clone):
    write_script(commands / "sudo", f'echo "sudo $*" >>"{commands}/calls"; exec "$@"')

    serve(clone=clone("home", owner=NOBODY), user=NOBODY).up()

    assert calls() == [
        f"sudo env DEBIAN_FRONTEND=noninteractive {INSTALL}{MISSING}", f"{NOBODY} noninteractive {INSTALL}{MISSING}"]


@pytest.mark.parametrize("reason", ["no sudo", "no space"])
def test_where_they_cannot_be_installed_the_line_to_run_is_printed(serve, calls, commands, clone, reason):
    (commands / "apt-get.sh").write_text('echo "E: No space left"; exit 100')

    run = serve() if reason == "no space" else serve(clone=clone("home", owner=NOBODY), user=NOBODY)

    assert run.end() == 1
    assert run.errors.endswith(
        f"\napache/serve: packages are missing: as root, run: {INSTALL.replace(' -q', '')}{MISSING}\n")
    assert ("E: No space left" in run.errors) == (reason == "no space")
