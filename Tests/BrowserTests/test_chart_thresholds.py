"""Lines at thresholds, by a Chart.js plug-in that the page registers and options as the annotation plug-in takes them.

The plug-in itself is neither in Debian nor on PyPI; the one here draws its horizontal lines.
"""

from __future__ import annotations

from Support.pages import drawn
from Support.waiting import wait_until

PLUG_IN = """
    Chart.register({id: "annotation", afterDatasetsDraw({ctx, chartArea, scales}, _, {annotations}) {
        for (const {type, yMin, yMax, borderColor} of Object.values(annotations)) {
            if (type !== "line" || yMin !== yMax) continue;
            ctx.fillStyle = borderColor;
            ctx.fillRect(chartArea.left, scales.y.getPixelForValue(yMin), chartArea.width, 1);
        }
    }, defaults: {annotations: {}}});"""
GOAL = """chart.options = {plugins: {annotation: {annotations: {
    goal: {type: "line", yMin: GOAL, yMax: GOAL, borderColor: "rgb(255 0 255)"}}}}}"""
# The values of the axis where the canvas has the line's colour.
LINES = """(() => {
    const canvas = root.querySelector("canvas"), {scales: {y}} = Chart.getChart(canvas);
    const ratio = canvas.height / canvas.getBoundingClientRect().height, at = Math.round(canvas.width / 2);
    const {data} = canvas.getContext("2d").getImageData(at, 0, 1, canvas.height);
    return [...Array(canvas.height).keys()]
        .filter(row => data[row * 4] === 255 && !data[row * 4 + 1] && data[row * 4 + 2] === 255)
        .map(row => y.getValueForPixel(row / ratio));
})()"""


def test_a_plug_in_of_the_page_draws_a_line_where_the_options_say(site, open_page):
    site.script = PLUG_IN
    page = open_page(f'<script src="/javascript/chart.js/chart.js"></script><script src="/own.js"></script>{drawn("line")}')
    page.wait_for("ready")
    assert page.inside(LINES) == []

    for goal in (420, 440):
        page.inside(GOAL.replace("GOAL", str(goal)))

        wait_until(lambda: [value for value in page.inside(LINES) if abs(value - goal) < 2], f"a line at {goal}")
        assert all(abs(value - goal) < 2 for value in page.inside(LINES))
