"""<tinybird-chart src="…">: Tinybird's chart in a frame, replaced before its token ends."""

from __future__ import annotations

from Support.clock import LEAPS
from Support.pages import FRAME
from Support.tinybird import CHART
from Support.waiting import wait_until

HOUR, MINUTE = 3600, 60

# Every 20 ms: which frames there are, whether they have loaded, and whether they can be seen.
SAMPLER = """
    window.samples = [];
    const loaded = new WeakSet();
    setInterval(() => {
        const root = document.querySelector("tinybird-chart")?.shadowRoot;
        if (!root) return;
        root.watched ??= (root.addEventListener("load", event => loaded.add(event.target), true), true);
        const frames = [...root.querySelectorAll("iframe")];
        samples.push({
            frames: frames.length,
            seen: frames.filter(frame => loaded.has(frame) && getComputedStyle(frame).opacity === "1"
                && frame.checkVisibility() && frame.getBoundingClientRect().height > 100).length,
            hiddenAndActive: frames.filter(frame => getComputedStyle(frame).opacity !== "1" && !frame.inert).length,
        });
    }, 20);
"""


def test_the_frame_shows_the_chart_with_a_token_that_verifies(site, tinybird, open_page):
    page = open_page(FRAME)

    assert page.frame() == "the chart"
    assert page.frames() == [f"{CHART}?token={site.tokens[0]}"]
    request, = tinybird.pages
    assert "Referer" not in request.headers
    assert page.inside("root.querySelector('iframe').title") == "Sales by city"


def test_the_charts_own_parameters_stay(site, tinybird, open_page):
    page = open_page(FRAME.replace(CHART, f"{CHART}?theme=dark&amp;token=stale"))
    page.frame()

    assert tinybird.pages[0].query == {"theme": "dark", "token": site.tokens[0]}


def test_a_renewed_frame_replaces_the_old_one_without_a_blank_in_between(site, tinybird, open_page):
    page = open_page(FRAME, script=LEAPS + SAMPLER)
    page.wait_for("ready")
    page.run("samples.length = 0")
    # As a chart that takes its time.
    tinybird.next = ["slow"]
    for number in (1, 2):
        page.leap(HOUR - MINUTE)
        wait_until(lambda: len(tinybird.pages) == 1 + number, "a renewal")
        seen = page.value("samples.length")
        wait_until(lambda: page.value("samples.length") > seen + 20, "a look at the old frame with the new one behind it")
        tinybird.released.set()
        wait_until(lambda: page.frames() == [f"{CHART}?token={site.tokens[number]}"], "the new frame")

    samples = page.value("samples")
    assert {sample["seen"] for sample in samples} == {1}
    assert {sample["frames"] for sample in samples} == {1, 2}
    # What lies behind can't be reached by the keyboard or read aloud.
    assert {sample["hiddenAndActive"] for sample in samples} == {0}
    assert {request.status for request in tinybird.pages} == {200}


def test_a_frame_keeps_the_focus_and_the_page_its_place_and_history(site, tinybird, open_page):
    page = open_page("<p>above</p>" * 60 + FRAME + "<p>below</p>" * 60, script=LEAPS)
    page.wait_for("ready")
    page.inside("chart.scrollIntoView()")
    page.inside("root.querySelector('iframe').focus()")
    place, history = page.value("[scrollY, history.length]")

    page.leap(HOUR - MINUTE)
    wait_until(lambda: page.frames() == [f"{CHART}?token={site.tokens[-1]}"] and len(site.tokens) == 2, "another frame")

    assert page.inside("root.activeElement === root.querySelector('iframe')")
    assert page.value("[scrollY, history.length]") == [place, history]


def test_while_no_token_can_be_had_the_old_chart_stays_and_says_so(site, tinybird, open_page):
    page = open_page(FRAME, script=LEAPS)
    page.wait_for("ready")

    site.mode = (503, '{"error":"x"}', {})
    page.leap(HOUR - MINUTE)
    wait_until(lambda: page.status().startswith("Not up to date."), "a note")
    last = f"{CHART}?token={site.tokens[-1]}"
    assert page.frames() == [last] and page.state() == "ready"

    site.mode = None
    wait_until(lambda: page.status() == "" and page.frames() != [last], "a renewal")


def test_a_frame_that_never_loads_is_an_error_and_never_replaces_one_that_did(site, tinybird, open_page):
    hurry = """
        const timeout = AbortSignal.timeout;
        AbortSignal.timeout = limit => timeout.call(AbortSignal, limit === 30000 ? 3000 : limit);"""
    tinybird.mode = "slow"
    page = open_page(FRAME, script=hurry)
    assert page.problem() == "The chart took too long to load."
    assert page.failures[0]["frames"] == 0

    tinybird.mode = None
    page = open_page(FRAME, script=LEAPS)
    page.wait_for("ready")
    first = page.frames()
    tinybird.mode = "slow"
    page.run(hurry)
    page.leap(HOUR - MINUTE)
    wait_until(lambda: "took too long" in page.status(), "a note")
    assert page.frames()[0] == first[0]


def test_a_host_that_cant_be_reached_never_replaces_a_chart_by_the_browsers_words_about_it(site, tinybird, open_page):
    page = open_page(FRAME, script=LEAPS)
    assert page.frame() == "the chart"

    tinybird.mode = "drop"
    page.leap(HOUR - MINUTE)
    wait_until(lambda: "can’t be reached" in page.status(), "a note")
    assert page.frame() == "the chart"

    tinybird.mode = None
    wait_until(lambda: page.status() == "", "it is up to date")
    assert page.frame() == "the chart" and tinybird.pages[-1].status == 200


def test_where_the_policy_forbids_to_ask_whether_the_host_is_there_the_chart_is_there_all_the_same(
        site, tinybird, open_url):
    site.markup = FRAME
    site.policy = site.policy.replace("connect-src 'self' https://*.tinybird.co", "connect-src 'self'")
    page = open_url(f"{site.url}/page", script=LEAPS)

    assert page.frame() == "the chart"
    page.leap(HOUR - MINUTE)
    wait_until(lambda: page.frames() == [f"{CHART}?token={site.tokens[-1]}"] and len(tinybird.pages) == 2, "a renewal")
    assert page.failures == [] and set(page.value("violations")) == {"connect-src"}


def test_a_host_that_doesnt_say_whether_it_is_there_keeps_no_chart_waiting(tinybird, open_page):
    tinybird.mode = "mute"
    page = open_page(FRAME)

    assert page.frame() == "the chart"


def test_a_frame_that_is_moved_or_taken_away_leaves_nothing(site, tinybird, open_page):
    page = open_page(FRAME)
    page.wait_for("ready")

    page.run("window.gone = document.querySelector('tinybird-chart'); gone.remove()")
    wait_until(lambda: page.value("!gone.shadowRoot.querySelector('iframe')"), "no frame")
    page.run("document.querySelector('main').append(gone)")

    assert page.frame() == "the chart"
    assert len(site.asked) == 1
