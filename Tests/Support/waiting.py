"""Waiting for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Value = TypeVar("Value")

# What happens at once takes no longer than this, in seconds, on a machine however busy; what waits for a peer waits
# longer, as the program gives those 10 seconds.
AT_ONCE = 8


def wait_until(condition: Callable[[], Value], what: str | Callable[[], str], seconds: float = 60) -> Value:
    """Polls until `condition` holds, and returns its value. Fails after a time that only a fault takes."""
    deadline = time.monotonic() + seconds
    pause = 0.005
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what() if callable(what) else what}")
        # To look takes time from what is waited for.
        time.sleep(pause)
        pause = min(1.5 * pause, 0.05)
    return value
