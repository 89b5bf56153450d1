"""WCAG 2.2 AA: no rule that axe-core knows is broken, and assistive technology is told of each kind of chart what it is."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from Support.axe import breaches
from Support.pages import FRAME, drawn
from Support.repository import HTDOCS
from Support.tinybird import answer
from Support.waiting import wait_until

# Whether each chart of a page shows what there is.
SETTLED = """[...document.querySelectorAll("tinybird-chart")].every(
    chart => /ready|empty/.test(chart.shadowRoot?.querySelector("figure").dataset.state))"""


@pytest.mark.parametrize("name", sorted(file.stem for file in HTDOCS.glob("*.html")))
def test_the_pages_break_no_rule(site, open_url, name):
    page = open_url("about:blank")
    for scheme in ("light", "dark"):
        page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        if scheme == "light":
            page.driver.get(f"{site.url}/{name}.html")
            wait_until(lambda: page.value(SETTLED), "charts")

        assert breaches(page) == [], scheme


def test_no_kind_and_no_state_breaks_a_rule(site, tinybird, fill_page):
    kinds = ["line", "area", "bar", "pie", "donut", "bar-list", "table", "big-number"]
    tinybird.json = SITES
    page = fill_page("<h1>Charts</h1>" + "".join(
        chart(kind, f'title="{kind} {at}" description="By city" downloads="csv png" {more}')
        for kind in kinds for at, more in enumerate(["", "selectable"])) + chart("bar", 'title="wrong" token-endpoint="/none"'))
    for at in range(2 * len(kinds)):
        page.wait_for("ready", at)
    page.problem(2 * len(kinds))
    tinybird.json = answer([])
    for title in ("empty", "waiting"):
        page.run("document.querySelector('main').insertAdjacentHTML('beforeend', arguments[0])",
                 chart("bar", f'title="{title}" params="of={title}"'))
        page.wait_for("empty" if title == "empty" else "loading", 2 * len(kinds) + (1 if title == "empty" else 2))
        tinybird.mode = "slow"

    for scheme in ("light", "dark"):
        page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
        assert breaches(page) == [], scheme


def chart(type: str, more: str = "") -> str:
    return drawn(type, more).replace('title="Sales by city" ', "")


SITES = answer(
    [{"site": "https://a.example/", "visits": 4, "sales": 2}, {"site": "https://b.example/", "visits": 3, "sales": 1}],
    [{"name": "site", "type": "String"}, {"name": "visits", "type": "UInt8"}, {"name": "sales", "type": "UInt8"}])


def tree(page) -> str:
    """What assistive technology is told of the charts: roles, names and what else there is, indented."""
    page.driver.execute_cdp_cmd("Accessibility.enable", {})
    nodes = {node["nodeId"]: node for node in page.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]}
    lines = []

    def visit(node: dict, depth: int) -> None:
        role = node["role"]["value"] if not node["ignored"] else None
        if role in ("StaticText", "InlineTextBox", "ListMarker"):
            return
        if role and role not in ("RootWebArea", "generic", "none", "main"):
            name = node.get("name", {}).get("value", "")
            more = [f"{each['name']}={each['value']['value']}" for each in node.get("properties", [])
                    if each["name"] in ("pressed", "selected", "live", "busy", "disabled")]
            if description := node.get("description", {}).get("value"):
                more.append(f"described={description}")
            lines.append("  " * depth + " ".join([role, *([repr(name)] if name else []), *more]))
            depth += 1
        for child in node.get("childIds", []):
            visit(nodes[child], depth)

    visit(next(node for node in nodes.values() if not node.get("parentId")), 0)
    return "\n".join(lines)


def table(columns: list[str], header: str = "{column}", row: str = "rowheader {site!r}") -> str:
    """The table of SITES, as it is told."""
    numbers = {"visits": "43", "sales": "21"}
    return "\n".join([
        "group 'Sales by city: data'", "  table 'Sales by city'", "    caption", "    rowgroup", "      row",
        *(indented(f"columnheader {column!r}\n" + header.format(column=repr(column)), 8) for column in columns),
        *("\n".join(["    row", indented(row.format(site=f"https://{name}.example/"), 6),
                     *(f"      cell '{numbers[column][at]}'" for column in columns[1:])]) for at, name in enumerate("ab"))])


def indented(text: str, by: int = 2) -> str:
    return "\n".join(" " * by + line for line in text.splitlines() if line.strip())


def legend(*names: str) -> str:
    return "list\n" + "\n".join(f"  listitem\n    button {name!r} pressed=true" for name in names)


def picture(type: str) -> str:
    return f"image 'Sales by city: {type} chart'"


BEHIND = table(["site", "visits", "sales"], header="")
ROUND = table(["site", "visits"], header="")
LINKS = "rowheader {site!r}\n  link {site!r}"
SORTED = table(["site", "visits", "sales"], "  button {column}", LINKS)
SERIES, SLICES = legend("visits", "sales"), legend("https://a.example/", "https://b.example/")
TREES = {
    ("line", ""): [picture("line"), SERIES, BEHIND],
    ("area", ""): [picture("area"), SERIES, BEHIND],
    ("bar", ""): [picture("bar"), SERIES, BEHIND],
    ("pie", ""): [picture("pie"), SLICES, ROUND],
    ("donut", ""): [picture("donut"), SLICES, ROUND],
    ("bar-list", ""): [table(["site", "visits"], "", LINKS)],
    ("table", ""): [SORTED],
    ("big-number", ""): [],
    ("frame", ""): ["Iframe 'Sales by city'"],
    ("bar", "selectable"): [
        picture("bar"), "listbox 'Sales by city'\n  option 'https://a.example/, visits: 4' selected=False", SERIES, BEHIND],
    ("pie", 'legend="none"'): [picture("pie"), ROUND],
}


@pytest.mark.parametrize("type, more", TREES)
def test_each_kind_is_told_as_it_is_built(tinybird, fill_page, type, more):
    tinybird.json = SITES
    page = fill_page(FRAME if type == "frame" else drawn(type, more))
    page.wait_for("ready")

    parts = ["Figcaption", *TREES[type, more], "status live=polite"]
    assert tree(page) == "figure 'Sales by city'\n" + "\n".join(indented(part) for part in parts)


def test_a_failure_is_told_with_its_button_and_a_download_with_its_kind(site, tinybird, fill_page):
    tinybird.json = SITES
    page = fill_page(drawn("big-number", 'downloads="csv" description="All of them"')
                     + drawn("table", 'token-endpoint="/none"'))
    page.wait_for("ready")
    page.problem(1)

    assert tree(page).splitlines() == [
        "figure 'Sales by city' described=All of them", "  Figcaption", "  status live=polite", "  button 'Download as CSV'",
        "figure 'Sales by city'", "  Figcaption", "  status live=polite", "  button 'Try again'"]


def test_the_keyboard_goes_through_a_chart_in_the_order_that_is_seen(tinybird, fill_page):
    tinybird.json = SITES
    page = fill_page('<a href="/">before</a>' + drawn("bar", 'selectable downloads="csv png"') + drawn("table") + '<a href="/">after</a>')
    for at in (0, 1):
        page.wait_for("ready", at)
    focused = """(node => { while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
        return node.ariaLabel || node.textContent; })(document.activeElement)"""

    seen = []
    for _ in range(14):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        seen.append(page.value(focused))
    assert seen == [
        "before", "https://a.example/, visits: 4", "visits", "sales", "Sales by city: data", "Download as CSV", "Download as PNG",
        "Sales by city: data", "site", "visits", "sales", "https://a.example/", "https://b.example/", "after"]


def test_what_can_be_pressed_is_24_pixels_high_and_wide(tinybird, fill_page):
    tinybird.json = SITES
    page = fill_page(drawn("bar", 'selectable downloads="csv png"') + drawn("pie") + drawn("table") + drawn("bar", 'token-endpoint="/none"'))
    for at in range(3):
        page.wait_for("ready", at)
    page.problem(3)

    sizes = page.value("""[...document.querySelectorAll("tinybird-chart")].flatMap(
        chart => [...chart.shadowRoot.querySelectorAll("button, [role=option]")].filter(each => each.checkVisibility()).map(
            each => [each.textContent || each.role, each.offsetWidth, each.offsetHeight]))""")
    assert len(sizes) >= 11
    assert [size for size in sizes if min(size[1:]) < 24] == []


def test_nothing_moves_for_those_who_want_no_motion(tinybird, open_page):
    tinybird.mode = "slow"
    page = open_page(drawn("bar"))
    page.media(prefers_reduced_motion="reduce")
    page.wait_for("loading")
    assert page.inside("root.getAnimations().length") == 0

    tinybird.mode = None
    tinybird.released.set()
    page.wait_for("ready")
    wait_until(lambda: page.inside("root.querySelector('canvas')?.width > 0"), "a canvas")
    assert page.inside("Chart.getChart(root.querySelector('canvas')).options.animation") is False
