"""What the commands of packaging/ make, each once for all workers of a run.

    cd Tests && /usr/bin/python3 -m Support.packages DIRECTORY      makes both, for runs that name the directory
                                                                    in CHARTS_TOKEN_PACKAGES
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import sys
from pathlib import Path

from Support.readme import BLOCKS
from Support.repository import HTDOCS, REPOSITORY

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


def bundled(directory: Path) -> Path:
    """The page as the packages carry it, in a new directory; beside it, HAProxy's lines for it."""
    htdocs, haproxy = directory / "htdocs", directory / "charts-token.cfg"
    shutil.copytree(HTDOCS, htdocs)
    shutil.copy(REPOSITORY / "packaging/haproxy/charts-token.cfg", haproxy)
    subprocess.run([REPOSITORY / "packaging/bundle", htdocs, haproxy], check=True)
    return htdocs


def contents(directory: Path) -> dict[str, bytes]:
    """The files of a directory."""
    return {path.name: path.read_bytes() for path in directory.iterdir()}


if __name__ == "__main__":
    for made_by in (DEB, TARBALL):
        built(made_by, Path(sys.argv[1]))
