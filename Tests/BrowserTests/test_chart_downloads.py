"""What a chart gives away: its data as CSV that spreadsheets open rightly, its picture as PNG."""

from __future__ import annotations

import base64
import csv
import io
import tempfile
from pathlib import Path

import pytest

from Support.pages import FRAME, drawn
from Support.tinybird import answer
from Support.waiting import wait_until

BOTH = 'downloads="csv png"'


# How many bytes are saved next.
SIZE = """
    const make = URL.createObjectURL;
    window.size = 0;
    URL.createObjectURL = blob => {
        window.size = blob.size;
        URL.createObjectURL = make;
        return make.call(URL, blob);
    };"""


@pytest.fixture
def downloaded(driver):
    """Clicks on a button of a chart; the name and the bytes of the file that the browser saves."""
    with tempfile.TemporaryDirectory(prefix="downloads.") as directory:
        driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "allow", "downloadPath": directory})

        def downloaded(page, kind: str, at: int = 0) -> tuple[str, bytes]:
            page.run(SIZE)
            page.inside(f"[...root.querySelectorAll('.downloads button')].find(each => each.textContent === '{kind}').click()", at)
            size = wait_until(lambda: page.value("window.size"), "something to save")
            # It may have its name before it is whole.
            file = wait_until(lambda: next((each for each in Path(directory).glob(f"*.{kind.lower()}")
                                            if each.stat().st_size == size), None), "a file")
            found = file.name, file.read_bytes()
            file.unlink()
            return found

        yield downloaded
        driver.execute_cdp_cmd("Browser.setDownloadBehavior", {"behavior": "default"})


def column(type: str, *values) -> dict:
    return answer([{"v": value} for value in values], [{"name": "v", "type": type}])


def to_csv(page, at: int = 0) -> str:
    return page.driver.execute_async_script(
        "document.querySelectorAll('tinybird-chart')[arguments[0]].toCSV().then(arguments[1])", at)


def buttons(page, at: int = 0) -> list[str]:
    return page.inside("[...root.querySelectorAll('.downloads button')].map(each => each.ariaLabel)", at)


@pytest.mark.parametrize("type, given, written", [
    ("UInt64", "18446744073709551615", "18446744073709551615"),
    ("Int128", "-170141183460469231731687303715884105728", "-170141183460469231731687303715884105728"),
    ("Decimal(38, 20)", "-123456789012345678.12345678901234567890", "-123456789012345678.12345678901234567890"),
    ("Float64", -1e-7, "-1e-7"), ("Float64", "-inf", "'-inf"), ("Bool", True, "true"), ("UInt8", None, ""),
    ("String", "", '""'), ("String", None, ""), ("String", "a,b", '"a,b"'), ("String", 'say "hi"', '"say ""hi"""'),
    ("String", "two\nlines", '"two\nlines"'), ("String", "two\r\nlines", '"two\r\nlines"'), ("String", "Æðelþryð 東京 🦜", "Æðelþryð 東京 🦜"),
    ("String", "=1+1", "'=1+1"), ("String", "+49 30 1234", "'+49 30 1234"), ("String", "-1+1", "'-1+1"),
    ("String", "@SUM(A1)", "'@SUM(A1)"), ("String", "\t=1", "'\t=1"), ("String", "\r=1", "\"'\r=1\""),
    ("String", '=HYPERLINK("https://x.example","y")', '"\'=HYPERLINK(""https://x.example"",""y"")"'),
    ("String", "＝1", "'＝1"), ("String", "-5", "-5"), ("String", "-5.5", "-5.5"), ("String", "00123", "00123"),
    ("FixedString(4)", "ab\0\0", "ab"), ("DateTime('Europe/Madrid')", "2026-03-29 01:00:00", "2026-03-29 01:00:00"),
    ("Array(UInt64)", ["18446744073709551615", 1], '"[18446744073709551615,1]"'),
    ("Map(String, UInt8)", {"a": 1}, '"{""a"":1}"'),
])
def test_a_value_is_written_whole_and_is_no_formula(tinybird, fill_page, type, given, written):
    tinybird.json = column(type, given)
    page = fill_page(drawn())
    page.wait_for("ready")

    assert to_csv(page) == f"v\r\n{written}\r\n"


def test_all_columns_and_rows_are_in_it_by_their_names(tinybird, fill_page):
    rows = [{"id": at, "name": f'the "{at}",\nth', "=x": "y"} for at in range(2000)]
    tinybird.json = answer(rows, [{"name": "id", "type": "UInt16"}, {"name": "name", "type": "String"}, {"name": "=x", "type": "String"}])
    page = fill_page(drawn("bar-list", 'categories="id" labels="name=The%20name&amp;id=No.,%201"'))
    page.wait_for("ready")

    read = list(csv.reader(io.StringIO(to_csv(page), newline=""), strict=True))
    assert read[0] == ["No., 1", "The name", "'=x"]
    assert read[1:] == [[str(row["id"]), row["name"], "y"] for row in rows]


def test_without_data_there_is_nothing(tinybird, fill_page):
    page = fill_page(drawn(more='token-endpoint="/none"'))
    page.problem()

    assert to_csv(page) == ""


def test_the_file_is_told_from_other_encodings_by_its_mark(tinybird, fill_page, downloaded):
    tinybird.json = column("String", "Zürich")
    page = fill_page(drawn("table", 'downloads="csv"').replace("Sales by city", "Sales: a/b?"))
    page.wait_for("ready")

    name, content = downloaded(page, "CSV")

    assert name == "Sales- a-b-.csv"
    assert content == b"\xef\xbb\xbf" + "v\r\nZürich\r\n".encode()


PIXELS = """
    const [data, done] = arguments;
    createImageBitmap(new Blob([Uint8Array.from(atob(data), each => each.charCodeAt(0))])).then(image => {
        const canvas = Object.assign(document.createElement("canvas"), {width: image.width, height: image.height});
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const at = (x, y, width, height) => [...context.getImageData(x, y, width, height).data];
        const colors = (y, height) => {
            const all = at(0, y, image.width, height), found = new Set();
            for (let i = 0; i < all.length; i += 4) found.add(all.slice(i, i + 4).join());
            return [...found];
        };
        done({width: image.width, height: image.height, corner: at(0, 0, 1, 1).join(), top: colors(0, 40),
            end: colors(image.height - 24, 24), all: colors(0, image.height)});
    });"""


@pytest.mark.parametrize("scheme, ground", [("light", "255,255,255,255"), ("dark", "27,33,42,255")])
def test_a_picture_has_the_title_the_legend_and_a_solid_ground(tinybird, fill_page, downloaded, keep, scheme, ground):
    tinybird.json = answer([{"city": "Oslo", "a": 3, "b": 1}, {"city": "Rome", "a": 2, "b": 5}], [
        {"name": "city", "type": "String"}, {"name": "a", "type": "UInt8"}, {"name": "b", "type": "UInt8"}])
    page = fill_page(f'<div class="card">{drawn("bar", BOTH + " colors=rgb(255,0,0),rgb(0,0,255)")}</div>')
    page.media(prefers_color_scheme=scheme, prefers_reduced_motion="reduce")
    page.wait_for("ready")
    wait_until(lambda: page.inside("root.querySelector('canvas')?.width > 0"), "a canvas")

    name, content = downloaded(page, "PNG")
    keep(f"download-{scheme}.png", content)
    picture = page.driver.execute_async_script(PIXELS, base64.b64encode(content).decode())

    assert name == "Sales by city.png"
    assert picture["width"] == page.inside("root.querySelector('canvas').clientWidth") + 32
    assert picture["corner"] == ground
    # Letters above and below the plot, each series with its colour in both.
    assert len(picture["top"]) > 5 and len(picture["end"]) > 5
    assert {"255,0,0,255", "0,0,255,255"} <= set(picture["end"]) and "255,0,0,255" not in picture["top"]
    assert all(color.endswith(",255") for color in picture["all"])


def test_only_a_canvas_has_a_picture_and_only_data_are_given_away(tinybird, fill_page):
    page = fill_page(drawn("bar", BOTH) + drawn("table", BOTH) + drawn("bar") + FRAME.replace("title", f"{BOTH} title")
                     + drawn("table", BOTH + ' token-endpoint="/none"'))
    for at in range(4):
        page.wait_for("ready", at)
    page.problem(4)

    assert [buttons(page, at) for at in range(5)] == [["Download as CSV", "Download as PNG"], ["Download as CSV"], [], [], []]
    assert page.inside("[...root.querySelectorAll('.downloads button')].every(({offsetWidth, offsetHeight}) => offsetWidth >= 24 && offsetHeight >= 24)")
    # The room is the plot's: the chart is as high as it was.
    assert page.inside("chart.offsetHeight") == 320
    page.inside("chart.removeAttribute('downloads')")
    wait_until(lambda: buttons(page) == [], "no buttons")


def test_what_another_visitor_saw_is_not_given_away(tinybird, fill_page):
    page = fill_page(drawn("table", BOTH))
    page.wait_for("ready")
    tinybird.mode = "slow"
    page.inside("chart.setAttribute('session', 'another')")

    assert buttons(page) == [] and to_csv(page) == ""


def test_the_focus_stays_on_the_button_when_newer_data_come(tinybird, fill_page):
    tinybird.json = column("UInt8", 1)
    page = fill_page(drawn("table", 'downloads="csv" refresh="1"'))
    page.wait_for("ready")
    page.inside("root.querySelector('.downloads button').focus()")

    tinybird.json = column("UInt8", 2)
    wait_until(lambda: to_csv(page) == "v\r\n2\r\n", "newer data")
    assert page.inside("root.activeElement.textContent") == "CSV"


def test_its_script_is_loaded_where_something_is_given_away(open_page):
    page = open_page(drawn("bar"))
    page.wait_for("ready")
    loaded = "performance.getEntriesByType('resource').some(entry => entry.name.endsWith('/downloads.js'))"
    assert not page.value(loaded)

    to_csv(page)
    assert page.value(loaded)
