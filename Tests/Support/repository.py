"""Where things are."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = REPOSITORY / "Tests"
HTDOCS = REPOSITORY / "apache/htdocs"

# The release build, unless the environment names another to test.
PROGRAM = Path(os.environ.get("CHARTS_TOKEN_PROGRAM", REPOSITORY / ".build/release/charts-token"))
