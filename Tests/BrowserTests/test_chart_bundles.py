"""The page as packages carry it: few scripts, bundled and minified, that do what those of the repository do."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from Support.packages import bundled
from Support.pages import FRAME, drawn
from Support.repository import HTDOCS
from Support.waiting import wait_until

LISTS = {name: re.findall(r'"([\w-]+)"', scripts) for name, scripts in re.findall(
    r"^const ([A-Z_]+) = \[(.*)\];$", (HTDOCS / "tinybird-chart.js").read_text(), re.M)}
LOADED = """performance.getEntriesByType("resource").map(({name}) => name).filter(name => name.endsWith(".js"))
    .map(name => name.split("/").pop())"""


@pytest.fixture(scope="module")
def htdocs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundled(tmp_path_factory.mktemp("bundled"))


def test_each_list_is_one_script_that_exports_what_they_do(site, open_url, htdocs):
    names = """
        const done = arguments[arguments.length - 1];
        Promise.all(arguments[0].map(name => import(name))).then(all => done([...new Set(all.flatMap(Object.keys))].sort()))"""
    page = open_url(f"{site.url}/icon.svg")
    exported = {first: page.driver.execute_async_script(names, [f"/{name}.js" for name in (first, *others)])
                for first, *others in LISTS.values()}
    site.htdocs = htdocs
    page = open_url(f"{site.url}/icon.svg?bundled")

    assert {name: page.driver.execute_async_script(names, [f"/{name}.js"]) for name in exported} == exported
    in_lists = {name for scripts in LISTS.values() for name in scripts}
    assert {path.name for path in htdocs.iterdir()} == {path.name for path in HTDOCS.iterdir() if path.stem not in in_lists
                                                        or path.suffix != ".js"} | {
        f"{name}.js" for name in (*exported, "token-client")}


@pytest.mark.parametrize("name", sorted(path.stem for path in HTDOCS.glob("*.html")))
def test_the_pages_draw_with_no_script_missing_or_loaded_twice(site, open_url, htdocs, name):
    site.htdocs = htdocs
    page = open_url(f"{site.url}/{name}.html")

    for at in range(page.value("document.querySelectorAll('tinybird-chart').length")):
        wait_until(lambda: page.state(at) in ("ready", "empty"), f"chart {at}: {page.failures}")
    loaded = page.value(LOADED)
    assert len(loaded) == len(set(loaded)) and set(loaded) - {"chart.min.js"} < {path.name for path in htdocs.iterdir()}
    assert page.failures == [] and page.value("violations") == [] and page.log() == []
    # What a page names beforehand is used.
    linked = re.findall(r'rel="modulepreload" href="([\w.-]+)"', (htdocs / f"{name}.html").read_text())
    first = ["tinybird-chart.js", "element.js", "drawing.js", "canvas.js"]
    assert linked in [first[:count] for count in (0, 2, 3, 4)]
    assert set(linked) <= set(loaded)


@pytest.mark.parametrize("markup, names, most", [
    (FRAME, ["frame"], 10_500),
    (drawn("bar-list"), ["drawing", "sorting"], 20_000),
    (drawn("table"), ["drawing", "sorting"], 20_000),
    (drawn("big-number"), ["drawing"], 20_000),
    (drawn("table", "selectable"), ["drawing", "sorting", "rows"], 20_000),
    (drawn("bar"), ["drawing", "canvas"], 24_500),
    (drawn("line"), ["drawing", "canvas"], 24_500),
    (drawn("bar", "selectable"), ["drawing", "canvas", "points"], 26_000),
    (drawn("line", 'format="sales=bytes"'), ["drawing", "canvas", "measures"], 25_500),
], ids=["frame", "bar list", "table", "big number", "rows", "bar", "line", "points", "measures"])
def test_a_page_loads_few_small_scripts(site, open_page, htdocs, markup, names, most):
    site.htdocs = htdocs
    page = open_page(markup)
    page.wait_for("ready")

    loaded = set(page.value(LOADED)) - {"chart.min.js"}
    assert loaded == {f"{name}.js" for name in ("tinybird-chart", "element", *names)}
    # As servers send them, compressed.
    assert sum(len(gzip.compress((htdocs / script).read_bytes())) for script in loaded) <= most


def test_private_members_stay_private_members(htdocs):
    # Where a class has static fields, esbuild 0.17 makes a WeakMap of each.
    assert {path.name for path in htdocs.glob("*.js") if "private" in path.read_text()} == set()


def test_a_chart_of_another_language_has_its_words(site, open_page, htdocs):
    site.htdocs = htdocs
    page = open_page('<div lang="de">' + drawn("table", 'params="limit=0"') + "</div>")
    page.wait_for("empty")

    assert page.status() == "Es gibt keine Daten."


def test_the_token_client_alone_makes_tokens(site, open_url, htdocs):
    site.htdocs = htdocs
    page = open_url(f"{site.url}/icon.svg")

    assert page.driver.execute_async_script("""
        import("/token-client.js").then(({ TokenClient }) => new TokenClient("/generate-token").token())
            .then(arguments[0], arguments[0])""") == site.tokens[0]


def test_haproxy_serves_what_there_is(htdocs):
    lines = (htdocs.parent / "charts-token.cfg").read_text()

    assert set(re.findall(r"file /usr/share/charts-token/htdocs/(\S+)", lines)) == {path.name for path in htdocs.iterdir()}
