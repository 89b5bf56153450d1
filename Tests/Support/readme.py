"""The documentation's blocks, as they stand there. A comment in front of each names it: `<!-- test: name -->`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from Support.logins import claims
from Support.repository import REPOSITORY
from Support.tokens import KEY

_FOLDERS = (".", "apache", "lighttpd", "packaging", "Tests", "Sources/FastCGI")
DOCUMENTS = {path: path.read_text() for folder in _FOLDERS for path in sorted((REPOSITORY / folder).glob("*.md"))}
README, LOGINS, CHARTS = (DOCUMENTS[REPOSITORY / name] for name in ("README.md", "apache/LOGINS.md", "apache/CHARTS.md"))
_NAMED = [
    named for text in DOCUMENTS.values()
    for named in re.findall(r"^<!-- test: (\S+) -->\n```\w+\n(.*?)^```$", text, re.M | re.S)]
_AS_THEY_STAND = dict(_NAMED)
assert len(_AS_THEY_STAND) == len(_NAMED), "two blocks have one name"
# With a key in place of the example's.
BLOCKS = {name: text.replace("p.…", KEY) for name, text in _AS_THEY_STAND.items()}
# What its settings grant.
SCOPES = [{"type": "PIPES:READ", "resource": "sales_by_city"}]


def changed(text: str, changes: Mapping[str, str | Path]) -> str:
    """A text with what is an example's in it changed; each must be there."""
    for old, new in changes.items():
        assert old in text, old
        text = text.replace(old, str(new))
    return text


def block(name: str, **changes: str | Path) -> str:
    """A block, with what is an example's in it changed."""
    return changed(_AS_THEY_STAND[name], changes)


def claims_in(answer: str) -> dict:
    """What the token in the endpoint's answer says, its signature and expiry checked, apart from times."""
    return claims(json.loads(answer)["token"])


def links(document: Path) -> list[tuple[str, bool]]:
    """A document's links to files, and whether each leads to one and to a heading in it."""
    found = []
    for link in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if "://" not in link:
            path, _, fragment = link.partition("#")
            file = document.parent / path if path else document
            found.append((link, file.exists() and (not fragment or fragment in _headings(file.read_text()))))
    return found


def _headings(text: str) -> list[str]:
    """The headings' names in links, as GitHub makes them."""
    return [re.sub(r"[^\w -]", "", line.lower()).replace(" ", "-") for line in re.findall(r"^#+ (.*)$", text, re.M)]
