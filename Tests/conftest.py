"""Fixtures that several folders use: the program, directories, and apache/serve.

CHARTS_TOKEN_PROGRAM names the program to test; the release build otherwise.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# Before they are imported, so that what fails in them is shown as in a test.
pytest.register_assert_rewrite("Support")

from Support.apache_serve import Serve, write_script  # noqa: E402
from Support.network import enter_own_network  # noqa: E402
from Support.repository import PROGRAM, REPOSITORY  # noqa: E402
from Support.servers import IS_ROOT, free_port  # noqa: E402


def pytest_configure(config: pytest.Config) -> None:
    """Puts whatever runs tests as root into a network of its own, whose ports nobody else takes. It has no other."""
    runs_tests = hasattr(config, "workerinput") or not config.getoption("numprocesses", None)
    if IS_ROOT and runs_tests and not config.option.collectonly:
        enter_own_network()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def temporary_directory() -> Path:
    """A directory that the web server's own user can enter, which pytest's are not; short, as socket paths must be."""
    path = Path(tempfile.mkdtemp(prefix="charts-token-"))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def program(shared: Path) -> Path:
    """The program, where the web server's own user can run it."""
    assert PROGRAM.is_file(), f"{PROGRAM} is not there: build it, or set CHARTS_TOKEN_PROGRAM"
    copy = shared / "charts-token"
    shutil.copy(PROGRAM, copy)
    # As it is installed: so its processes never show their environment. Tests/sanitize needs to read symbols.
    copy.chmod(int(os.environ.get("CHARTS_TOKEN_MODE", "711"), 8))
    return copy


@pytest.fixture
def directory() -> Iterator[Path]:
    path = temporary_directory()
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="session")
def shared() -> Iterator[Path]:
    """A directory for all tests."""
    path = temporary_directory()
    yield path
    shutil.rmtree(path)


# ---- apache/serve ----

@pytest.fixture(scope="session")
def tools(shared: Path) -> Path:
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
def commands(shared: Path) -> Path:
    """A directory in front of the PATH, for stand-ins: at first a Swift whose build is done already (the
    README's tests run the real one) and a Debian where all packages are installed."""
    directory = Path(tempfile.mkdtemp(prefix="commands.", dir=shared))
    directory.chmod(0o755)
    write_script(directory / "swift", "exit 0\n")
    write_script(directory / "dpkg-query", "printf installed\n")
    return directory


@pytest.fixture
def serve(commands: Path, tools: Path, program: Path) -> Iterator[Callable[..., Serve]]:
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
