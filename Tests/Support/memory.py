"""What a process itself has written: pages of its program's file come and go with the machine's free memory."""

from __future__ import annotations

import re
from pathlib import Path


def own_memory(pid: int) -> int:
    """In KiB."""
    return int(re.search(r"^RssAnon:\s+(\d+)", Path(f"/proc/{pid}/status").read_text(), re.M)[1])
