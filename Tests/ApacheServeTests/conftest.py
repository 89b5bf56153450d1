"""Clones of this repository, as apache/serve is run from them."""

import os
import pathlib
import shutil
import tempfile

import pytest

from Support.repository import REPOSITORY


@pytest.fixture
def clone(program, shared):
    """Makes what apache/serve needs of a clone, in `shared` under the given name, for the given user."""
    def make(name, owner=os.geteuid(), mode=0o755):
        parent = pathlib.Path(tempfile.mkdtemp(prefix="clone.", dir=shared))
        home = parent / name
        shutil.copytree(REPOSITORY / "apache", home / "project/apache")
        release = home / "project/.build/release"
        release.mkdir(parents=True)
        shutil.copy(program, release)
        for path in (home, *home.rglob("*")):
            os.chown(path, owner, -1)
        parent.chmod(0o755)
        home.chmod(mode)
        return home / "project"

    return make
