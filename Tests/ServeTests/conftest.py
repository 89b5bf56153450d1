"""The fixtures of the tests of apache/serve and of the page.

Run by `/usr/bin/python3 -m pytest Tests/ServeTests`, with `-n 2` too. What has to be root is skipped without.
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest

from serving import PROGRAM, REPOSITORY, Serve, free_port, write_script


@pytest.fixture(scope="session")
def program():
    """The program, built as apache/serve does it."""
    subprocess.run(
        ["swift", "build", "--package-path", REPOSITORY, "-c", "release", "--product", "charts-token",
         "-Xswiftc", "-static-executable", "-Xlinker", "-s"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    return PROGRAM


@pytest.fixture(scope="session")
def shared():
    """A directory for all tests, that other users can read: pytest's own can't be."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="serve-tests.", dir="/tmp"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture(scope="session")
def tools(shared):
    """A directory with the commands of /usr/bin and /usr/sbin, but without swift, sudo and those of packages."""
    directory = shared / "tools"
    directory.mkdir()
    for source in ("/usr/sbin", "/usr/bin"):
        for command in os.listdir(source):
            if command not in ("swift", "sudo", "apt-get", "dpkg-query"):
                link = directory / command
                link.unlink(missing_ok=True)
                link.symlink_to(f"{source}/{command}")
    return directory


@pytest.fixture
def commands(shared, tools):
    """A directory in front of the PATH, for stand-ins: at first a Swift whose build is done already (one test runs
    the real one) and a Debian where all packages are installed."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="commands.", dir=shared))
    directory.chmod(0o755)
    write_script(directory / "swift", 'case $1 in --version) echo "Swift version 6.2 (swift-6.2-RELEASE)" ;; esac\n')
    write_script(directory / "dpkg-query", "printf installed\n")
    return directory


@pytest.fixture
def serve(commands, tools):
    """Starts apache/serve on a free port, with the stand-ins of `commands`; the settings are keyword arguments."""
    started = []

    def start(*arguments, user=None, clone=REPOSITORY, wrapper=(), program=None, path=None, cwd="/", **settings):
        environment = {
            "PATH": path or f"{commands}:{tools}", "HOME": "/nonexistent", "LANG": "C.UTF-8",
            "PORT": str(free_port()), **settings}
        started.append(Serve(environment, arguments, user, clone, wrapper, program, cwd))
        return started[-1]

    yield start
    for run in started:
        run.stop()


@pytest.fixture
def clone(program, shared):
    """Makes what apache/serve needs of a clone, in `shared` under the given name, for the given user."""
    def make(name, owner=os.geteuid(), mode=0o755):
        parent = pathlib.Path(tempfile.mkdtemp(prefix="clone.", dir=shared))
        home = parent / name
        shutil.copytree(REPOSITORY / "apache", home / "project/apache")
        release = home / "project/.build/release"
        release.mkdir(parents=True)
        shutil.copy(program, release)
        for path in (home, *home.rglob("*")):
            os.chown(path, owner, -1)
        parent.chmod(0o755)
        home.chmod(mode)
        return home / "project"

    return make
