"""Fixtures: the program, a directory, and sites by each transport.

CHARTS_TOKEN_PROGRAM names the program to test; the release build otherwise.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from servers import REPOSITORY, Server
from transports import TRANSPORTS, Site


def temporary_directory() -> Path:
    """A directory that the web server's own user can enter, which pytest's are not; short, as socket paths must be."""
    path = Path(tempfile.mkdtemp(prefix="charts-token-"))
    path.chmod(0o755)
    return path


@pytest.fixture(scope="session")
def program() -> Iterator[Path]:
    """The program, where the web server's own user can run it."""
    built = Path(os.environ.get("CHARTS_TOKEN_PROGRAM", REPOSITORY / ".build" / "release" / "charts-token"))
    assert built.is_file(), f"{built} is not there: build it, or set CHARTS_TOKEN_PROGRAM"
    directory = temporary_directory()
    copy = directory / "charts-token"
    shutil.copy(built, copy)
    copy.chmod(0o755)
    yield copy
    shutil.rmtree(directory)


@pytest.fixture
def directory() -> Iterator[Path]:
    path = temporary_directory()
    yield path
    shutil.rmtree(path)


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Callable[[Server | Site], Server | Site]:
    """Starts a server or a site, and ends it after the test."""
    def run(server):
        # Before it starts: what fails half started is closed too.
        request.addfinalizer(server.close)
        server.start()
        return server
    return run


@pytest.fixture(params=TRANSPORTS.values(), ids=TRANSPORTS.keys())
def transport(request: pytest.FixtureRequest) -> type[Site]:
    """Each way of running the program: a test with this one runs on all of them."""
    return request.param


@pytest.fixture
def site(transport: type[Site], directory: Path, program: Path, running) -> Site:
    """A site with the guide's settings, by each transport."""
    return running(transport(directory, program))
