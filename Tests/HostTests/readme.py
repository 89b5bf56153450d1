"""The README's blocks, as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

from servers import REPOSITORY

README = (REPOSITORY / "README.md").read_text()


def block(name: str, **changes: str | Path) -> str:
    """A block of the README, with what is an example's in it changed; each must be there."""
    text = re.search(rf"^<!-- test: {name} -->\n```\w+\n(.*?)^```$", README, re.M | re.S)[1]
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, str(new))
    return text
