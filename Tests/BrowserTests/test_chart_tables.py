"""Tables: sorted by their headers, with links, and a limit that is told."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.keys import Keys

from Support.tinybird import answer
from Support.waiting import wait_until


def table(values: list[Any], type: str) -> dict:
    return answer([{"id": f"row {at}", "v": value} for at, value in enumerate(values)],
                  [{"name": "id", "type": "String"}, {"name": "v", "type": type}])


def activate(page, name: str) -> None:
    page.inside(f"[...root.querySelectorAll('thead button')].find(each => each.textContent === '{name}').click()")


def order(page) -> list[int]:
    """The rows by the places that the pipe gave them."""
    return page.inside("[...root.querySelectorAll('tbody th')].map(cell => Number(cell.textContent.split(' ')[1]))")


def marks(page) -> list[str | None]:
    return page.inside("[...root.querySelectorAll('thead th')].map(head => head.ariaSort)")


# Each type of a column, with values in ascending order: equal ones share a place, those without a value come last.
ASCENDING = {
    "UInt8": [[0], [9, 9], [10], [255], [None]],
    "Int64": [["-9223372036854775808"], [-3], ["7"], [9007199254740991], ["9007199254740993"], ["9223372036854775807"]],
    "Nullable(UInt256)": [["99"], ["100000000000000000000000000000"], ["100000000000000000000000000001"], [None, None]],
    "Decimal(38, 9)": [["-0.1"], ["-0.000000001"], [0], [1e-7], ["0.5"], ["12345678901234567890.123456788"],
                       ["12345678901234567890.123456789"]],
    "Float64": [["-inf"], [-1e300], [-0.5], [0], [2e-9], [7], ["inf"], [None, "nan"]],
    "DateTime('Europe/Madrid')": [["2026-03-29 01:59:59"], ["2026-03-29 03:00:00"], ["2026-10-24 23:00:00"]],
    "DateTime64(6)": [["1969-12-31 23:59:59.999999"], ["2026-01-01 00:00:00.000001"], ["2026-01-01 00:00:00.000002"]],
    "Date": [["1970-01-01"], ["2026-02-03", "2026-02-03"], ["2149-06-06"], [None]],
    "Bool": [[False, False], [True], [None]],
    "LowCardinality(String)": [[""], ["ä"], ["item 2"], ["item 10"], ["z"], [None]],
    "Array(UInt8)": [[[1, 2]], [[1, 3]], [[20]]],
}


@pytest.mark.parametrize("type", ASCENDING)
def test_rows_are_sorted_by_what_the_column_holds(show, type):
    ascending = ASCENDING[type]
    # The pipe's order is another one: from both ends.
    placed = [(place, value) for place, values in enumerate(ascending) for value in values]
    mixed = placed[::-1][::2] + placed[::-1][1::2]
    page = show(table([value for _, value in mixed], type))
    assert order(page) == list(range(len(mixed)))

    missing = len(ascending) - 1 if None in ascending[-1] else len(ascending)
    for name, sign in (("ascending", 1), ("descending", -1)):
        activate(page, "v")
        # Python's sort keeps the order of equals, too.
        expected = sorted(range(len(mixed)), key=lambda at: (mixed[at][0] == missing, sign * mixed[at][0]))
        assert order(page) == expected, name
        assert marks(page) == [None, name]

    activate(page, "v")
    assert order(page) == list(range(len(mixed)))
    assert marks(page) == [None, None]


def test_texts_are_sorted_as_the_language_does(show):
    page = show(table(["ö", "z", "o"], "String"), lang="sv")
    activate(page, "v")
    assert order(page) == [2, 1, 0]

    page.run("document.querySelector('div').lang = 'de'; document.querySelector('tinybird-chart').setAttribute('height', 300)")
    wait_until(lambda: order(page) == [2, 0, 1], "the order of German")


def test_another_column_starts_upwards_and_is_the_only_one(show):
    page = show(table([2, 1, 3], "UInt8"))
    activate(page, "v")
    activate(page, "v")
    activate(page, "id")

    assert order(page) == [0, 1, 2] and marks(page) == ["ascending", None]


def test_the_keyboard_sorts_and_stays_where_it_is(show):
    page = show(table([2, 1, 3], "UInt8"))
    page.inside("root.querySelectorAll('thead button')[1].focus()")

    for expected in ([1, 0, 2], [2, 0, 1], [0, 1, 2]):
        page.driver.switch_to.active_element.send_keys(Keys.ENTER)
        assert order(page) == expected
        assert page.inside("root.activeElement.textContent") == "v"
    assert page.inside("root.activeElement.getBoundingClientRect().height") >= 24


def test_the_order_outlives_new_data(tinybird, show):
    page = show(table([2, 1, 3], "UInt8"), more='refresh="1"')
    activate(page, "v")
    page.inside("root.querySelectorAll('thead button')[1].focus()")

    tinybird.json = table([2, 1, 3, 0], "UInt8")

    wait_until(lambda: order(page) == [3, 1, 0, 2], "new data in order")
    assert marks(page) == [None, "ascending"]
    assert page.inside("root.activeElement?.textContent") == "v"


def test_of_many_rows_the_first_are_shown_in_each_order_and_it_says_so(show):
    page = show(table(list(range(12_345)), "UInt32"))

    assert page.inside("root.querySelector('.more').textContent") == "First 1,000 of 12,345 rows."
    assert order(page) == list(range(1000))
    activate(page, "v")
    activate(page, "v")
    assert order(page) == list(range(12_344, 11_344, -1))


@pytest.mark.parametrize("type", ["bar", "bar-list"])
def test_what_is_no_table_has_headers_of_text(show, type):
    page = show(table([1, 2], "UInt8"), type)

    assert not page.inside("root.querySelector('thead button')")


def test_urls_are_links_and_whatever_else_is_text(show):
    texts = {
        "https://example.com/a?b=1#c": True, "http://example.com": True, "HTTPS://EXAMPLE.COM/x": True,
        "javascript:alert(1)//https://x.example": False, "java\nscript:alert(1)": False, " https://example.com": False,
        "data:text/html,x": False, "ftp://example.com": False, "//example.com": False, "example.com": False,
        "https://": False, "vbscript:x": False, "blob:https://example.com/1": False,
        "see https://example.com": False, "": False}
    page = show(table(list(texts), "String"))

    cells = page.inside("[...root.querySelectorAll('tbody td')].map(cell => cell.querySelector('a')?.getAttribute('href') ?? null)")
    assert cells == [text if is_link else None for text, is_link in texts.items()]
    assert set(page.inside("[...root.querySelectorAll('a')].map(link => link.rel + link.target)")) == {"noopener noreferrer"}
    assert [text for text in page.cells() if text.startswith("http")] == ["https://example.com/a?b=1#c", "http://example.com", "https://"]


def test_a_table_behind_a_canvas_has_no_links_where_nobody_sees_the_focus(show):
    page = show(answer([{"url": "https://example.com", "v": 1}], [{"name": "url", "type": "String"}, {"name": "v", "type": "UInt8"}]), "bar")

    assert not page.inside("root.querySelector('a')")
