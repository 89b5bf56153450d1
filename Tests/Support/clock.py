"""A clock that tests set forward, so that an hour passes at once for a page's scripts and for the servers that it asks.

Tokens that live for an hour are renewed a minute before their end: however busy the machine is, no test comes too late.
"""

from __future__ import annotations

import time

# In a page, before its own scripts: `leap(milliseconds)` sets both of the browser's clocks forward, and with them what
# timers wait for; those that are over run at once, in their order. Time goes on as it does otherwise. `pauses` has what
# each timer was set to, and how many requests of FETCHES there had been.
LEAPS = """{
    const Clock = Date, steady = performance.now.bind(performance), later = setTimeout, never = clearTimeout;
    const timers = new Map();
    let ahead = 0;
    window.pauses = [];
    performance.now = () => steady() + ahead;
    window.Date = class extends Clock {
        constructor(...parts) { if (parts.length) super(...parts); else super(Date.now()); }
        static now() { return super.now() + ahead; }
    };
    const start = timer => later(timer.run, timer.due - steady() - ahead);
    window.setTimeout = (action, pause = 0, ...more) => {
        const timer = {due: steady() + ahead + (Number(pause) || 0), run() { timers.delete(id); action(...more); }};
        const id = timer.now = start(timer);
        timers.set(id, timer);
        pauses.push([pause, window.fetches?.length]);
        return id;
    };
    window.clearTimeout = id => { never(timers.get(id)?.now ?? id); timers.delete(id); };
    window.leap = milliseconds => {
        ahead += milliseconds;
        for (const timer of [...timers.values()].sort((one, other) => one.due - other.due)) {
            never(timer.now);
            timer.now = start(timer);
        }
        return new Promise(done => later(done));
    };
}"""


class Clock:
    """This machine's, and ahead of it by as much as it was set forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def leap(self, seconds: float) -> None:
        self._ahead += seconds

    def time(self) -> float:
        """As time.time()."""
        return time.time() + self._ahead

    def monotonic(self) -> float:
        """As time.monotonic()."""
        return time.monotonic() + self._ahead
