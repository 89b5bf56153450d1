"""Marks that tests of several folders have."""

from __future__ import annotations

import pytest

from Support.servers import IS_ROOT

as_root = pytest.mark.skipif(not IS_ROOT, reason="only root may")
