"""The README's blocks, as they stand there. A comment in front of each names it: `<!-- test: name -->`."""

from __future__ import annotations

import json
import re
from pathlib import Path

from Support.logins import claims
from Support.repository import REPOSITORY
from Support.tokens import KEY

README = (REPOSITORY / "README.md").read_text()
_AS_THEY_STAND = dict(re.findall(r"^<!-- test: (\S+) -->\n```\w+\n(.*?)^```$", README, re.M | re.S))
# With a key in place of the example's.
BLOCKS = {name: text.replace("p.…", KEY) for name, text in _AS_THEY_STAND.items()}
# What its settings grant.
SCOPES = [{"type": "PIPES:READ", "resource": "sales_by_city"}]


def block(name: str, **changes: str | Path) -> str:
    """A block, with what is an example's in it changed; each must be there."""
    text = _AS_THEY_STAND[name]
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, str(new))
    return text


def claims_in(answer: str) -> dict:
    """What the token in the endpoint's answer says, its signature and expiry checked, apart from times."""
    return claims(json.loads(answer)["token"])
