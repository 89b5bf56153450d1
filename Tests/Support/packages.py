"""What the commands of packaging/ make, each once for all workers of a run.

    cd Tests && /usr/bin/python3 -m Support.packages DIRECTORY      makes both, for runs that name the directory
                                                                    in CHARTS_TOKEN_PACKAGES
"""

from __future__ import annotations

import fcntl
import subprocess
import sys
from pathlib import Path

from Support.readme import BLOCKS
from Support.repository import REPOSITORY

DEB = BLOCKS["build-deb"].strip()
TARBALL = "packaging/build-tarball"


def built(command: str, directory: Path) -> Path:
    """The package that a command makes in a directory; made first where it isn't there."""
    path = directory / f"{Path(command).name}.path"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            run = subprocess.run(
                ["bash", "-c", f'{command} "$1"', command, directory], cwd=REPOSITORY, stdin=subprocess.DEVNULL,
                capture_output=True, text=True)
            assert run.returncode == 0, run.stderr
            path.write_text(run.stdout)
    return Path(path.read_text().strip())


if __name__ == "__main__":
    for made_by in (DEB, TARBALL):
        built(made_by, Path(sys.argv[1]))
