"""The fixtures of the tests of <tinybird-chart>.

Run by `/usr/bin/python3 -m pytest Tests/BrowserTests`, with `-n 2` too; SCREENSHOTS=directory keeps pictures of the pages.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from Support.apache_serve import Serve
from Support.browser import Page, started
from Support.charts import opened
from Support.pages import Site
from Support.tinybird import Tinybird
from Support.tokens import KEY


@pytest.fixture(scope="session")
def _tinybird(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tinybird]:
    tinybird = Tinybird(tmp_path_factory.mktemp("tinybird"))
    yield tinybird
    tinybird.shutdown()
    tinybird.server_close()


@pytest.fixture
def tinybird(_tinybird: Tinybird) -> Iterator[Tinybird]:
    _tinybird.reset()
    yield _tinybird
    _tinybird.reset()


@pytest.fixture(scope="session")
def driver(_tinybird: Tinybird) -> Iterator[Any]:
    driver = started(
        "--ignore-certificate-errors", "--hide-scrollbars", "--window-size=1000,1200",
        f"--host-resolver-rules=MAP *.tinybird.co 127.0.0.1:{_tinybird.server_port}",
    )
    driver.set_page_load_timeout(60)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture(scope="session")
def listener() -> Iterator[socket.socket]:
    """Where all sites of one browser are: it keeps their scripts, compiled."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def site(tinybird: Tinybird, listener: socket.socket) -> Iterator[Site]:
    site = Site(tinybird.clock, listener)
    yield site
    site.close()


@pytest.fixture
def open_url(driver: Any, tinybird: Tinybird) -> Iterator[Callable[..., Page]]:
    opened: list[Page] = []

    def open_url(url: str, **more: Any) -> Page:
        opened.append(Page(driver, url, tinybird.clock, **more))
        return opened[-1]

    yield open_url
    for page in opened:
        page.close()


@pytest.fixture
def open_page(site: Site, open_url: Callable[..., Page]) -> Iterator[Callable[..., Page]]:
    """Opens a page with the given charts. In the end, nothing on it has been against the policy."""
    pages: list[Page] = []

    def open_page(markup: str, **more: Any) -> Page:
        site.markup = markup
        pages.append(open_url(f"{site.url}/page", **more))
        return pages[-1]

    yield open_page
    if pages and site.policy:
        assert pages[-1].value("window.violations") in ([], None)


@pytest.fixture(scope="session")
def _kept() -> list[Page]:
    """The page that fill_page has opened last."""
    return []


@pytest.fixture
def fill_page(site: Site, tinybird: Tinybird, driver: Any, _kept: list[Page]) -> Iterator[Callable[[str], Page]]:
    """As open_page, on a page that stays from test to test: for tests of what is drawn, which takes a third of the time that
    a page takes with all its scripts."""
    filled: list[Page] = []

    def fill_page(markup: str) -> Page:
        if not _kept or not _kept[0].is_kept():
            site.markup = ""
            _kept[:] = [Page(driver, f"{site.url}/page", tinybird.clock)]
            _kept[0].keep()
        _kept[0].fill(markup)
        filled[:] = _kept
        return filled[0]

    yield fill_page
    for page in filled:
        violations = page.value("window.violations")
        page.empty()
        assert violations == []


@pytest.fixture
def show(tinybird: Tinybird, fill_page: Callable[[str], Page]) -> Callable[..., Page]:
    """Shows a chart of an answer."""
    return partial(opened, tinybird, fill_page)


@pytest.fixture
def serve(serve: Callable[..., Serve]) -> Callable[..., Serve]:
    """Starts apache/serve with a key, and waits until it serves."""
    return lambda **settings: serve(**{"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": "sales_by_city", **settings}).up()


@pytest.fixture(scope="session")
def keep() -> Callable[[str, bytes | Callable[[], bytes]], None]:
    """Keeps what people may look at where SCREENSHOTS, in the environment, names a directory: files, and pictures, which are
    taken only then."""
    directory = os.environ.get("SCREENSHOTS")
    if directory:
        Path(directory).mkdir(parents=True, exist_ok=True)

    def keep(name: str, content: bytes | Callable[[], bytes]) -> None:
        if directory:
            Path(directory, name).write_bytes(content() if callable(content) else content)

    return keep
