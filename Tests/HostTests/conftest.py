"""Fixtures: servers that run until a test's end, and sites by each transport."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from Support.logins import Certificates
from Support.servers import Server
from Support.transports import TRANSPORTS, Site


@pytest.fixture
def running(request: pytest.FixtureRequest) -> Callable[[Server | Site], Server | Site]:
    """Starts a server or a site, and ends it after the test."""
    def run(server):
        # Before it starts: what fails half started is closed too.
        request.addfinalizer(server.close)
        server.start()
        return server
    return run


@pytest.fixture(scope="session")
def certificates(shared: Path) -> Certificates:
    return Certificates(shared / "certificates")


@pytest.fixture(params=TRANSPORTS.values(), ids=TRANSPORTS.keys())
def transport(request: pytest.FixtureRequest) -> type[Site]:
    """Each way of running the program: a test with this one runs on all of them."""
    return request.param


@pytest.fixture
def site(transport: type[Site], directory: Path, program: Path, running) -> Site:
    """A site with the guide's settings, by each transport."""
    return running(transport(directory, program))
