"""What is to be drawn while a drawing still moves: what came last is seen in the end."""

from __future__ import annotations

import pytest

from Support.pages import drawn

# Frames come when the test says so: `frame()` is one, and returns how many more are asked for.
FRAMES = """
    let due = new Map(), number = 0;
    window.requestAnimationFrame = draw => { due.set(++number, draw); return number; };
    window.cancelAnimationFrame = number => due.delete(number);
    window.frame = () => {
        const now = due;
        due = new Map();
        now.forEach(draw => draw(performance.now()));
        return due.size;
    };
"""
SETTLE = "do clock += 1000; while (frame());"
PICTURE = "root.querySelector('canvas').toDataURL()"
# The frames of an animation of 300 ms that there have been, in milliseconds since the one before.
MOMENTS = {"before the first frame": [], "at its begin": [0], "halfway": [0, 150], "after its last picture": [0, 1000]}


@pytest.mark.parametrize("frames", MOMENTS.values(), ids=MOMENTS)
def test_a_change_during_an_animation_is_drawn(open_page, frames):
    page = open_page(drawn("bar"), clock=0, script=FRAMES)
    page.wait_for("ready")
    for pause in frames:
        page.run("clock += arguments[0]; frame()", pause)

    page.inside("chart.options = {scales: {y: {max: 1000}}}")
    page.run(SETTLE)

    seen = page.inside(PICTURE)
    page.inside("chart.redraw()")
    assert seen == page.inside(PICTURE)
