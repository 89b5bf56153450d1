"""The frozen base: a fresh Debian in a directory. Each test of an installation works in a layer of its own on top of it
(Support/layers.py). The base is never written to, and a layer downloads nothing: what it installs is in apt's cache.

    cd Tests && /usr/bin/python3 -m Support.base      makes it with mmdebstrap, of this machine's release and from its
                                                      mirrors, unless .build/base has one made by this version; as root

CHARTS_TOKEN_RELEASE names another release of Debian, for Tests/distributions; in a layer of that, CHARTS_TOKEN_BASE is the
base's directory.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

from Support.repository import REPOSITORY

BASES = REPOSITORY / ".build/base"
HERE = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
RELEASE = os.environ.get("CHARTS_TOKEN_RELEASE", HERE)

# Installed before the README's first command: the web server, and what the tests use.
INSTALLED = [
    "apache2", "systemd", "sudo", "curl", "openssl", "procps", "iproute2",
    # Debian 11's takes minutes to write its index.
    *([] if RELEASE == "bullseye" else ["man-db"]),
    # A dependency of the package, which one test installs by dpkg alone.
    "libfcgi0ldbl",
    # What swift.org lists, as far as a build without tests needs it.
    *{"bookworm": ["libstdc++-12-dev", "libxml2"], "trixie": ["libstdc++-14-dev", "libxml2"]}.get(RELEASE, []),
    "binutils", "git", "libc6-dev", "libcurl4", "libncurses6", "libsqlite3-0",
]
# Only downloaded: what the README, apache/serve and the package install.
FETCHED = [
    "libfcgi-dev", "libssl-dev", "zlib1g-dev", "libzstd-dev", "pkg-config", "g++", "libapache2-mod-fcgid", "spawn-fcgi",
    "libjs-chart.js", "javascript-common", "lighttpd",
    # For hosts that run scripts as their owners.
    "apache2-suexec-pristine",
]

# On a release other than this machine's, the tests run there and need the packages of Tests/run. Those that the release has
# are listed in its /root/packages.
BROWSER_AND_FETCHING = {"chromium-headless-shell", "chromium-driver", "python3-selenium", "python3-pip", "mmdebstrap"}
# They depend on man-db (see above), and no test builds a package on Debian 11.
BUILDING = {"debhelper", "apache2-dev", "lintian", "man-db"}
NOT_INSTALLED = BROWSER_AND_FETCHING | (BUILDING if RELEASE == "bullseye" else set())


def tested() -> list[str]:
    if RELEASE == HERE:
        return []
    listed = re.search(r"^readonly packages=\((.*?)^\)", (REPOSITORY / "Tests/run").read_text(), re.M | re.S)[1]
    return [name for name in re.sub("#.*", "", listed).split() if name not in NOT_INSTALLED]


SETTLE = r"""
set -e
echo debian >"$1/etc/hostname"
printf '127.0.0.1 localhost debian\n' >"$1/etc/hosts"
chroot "$1" apt-get clean
# With recommended packages, which apt installs by default, and mmdebstrap's doesn't.
chroot "$1" apt-get install -q -y --download-only -o APT::Install-Recommends=true """ + " ".join(FETCHED) + r"""
for package in """ + " ".join(tested()) + r"""; do
    [ -z "$(chroot "$1" apt-cache madison "$package")" ] || echo "$package"
done >"$1/root/packages"
[ ! -s "$1/root/packages" ] || chroot "$1" apt-get install -q -y --download-only $(cat "$1/root/packages")
"""


def sources() -> str:
    """This machine's Debian mirrors, or else Debian's own. For another release only `main`: its updates may be gone."""
    if RELEASE != HERE:
        return f"deb http://deb.debian.org/debian {RELEASE} main"
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "deb $(REPO_URI) $(RELEASE) $(COMPONENT)", "Created-By: Packages",
         "Origin: Debian", "Component: main"], check=True, capture_output=True, text=True).stdout
    return "\n".join(sorted(set(targets.splitlines()))) or "\n".join([
        f"deb http://deb.debian.org/debian {HERE} main", f"deb http://deb.debian.org/debian {HERE}-updates main",
        f"deb http://deb.debian.org/debian-security {HERE}-security main"])


def base(may_fetch: bool = False) -> Path:
    """The base's directory. If there is none made by this version, makes it, provided that it may download."""
    if given := os.environ.get("CHARTS_TOKEN_BASE"):
        return Path(given)
    mirrors = sources()
    folder = BASES / f"{RELEASE}-{hashlib.sha256(f'{INSTALLED}{SETTLE}{mirrors}'.encode()).hexdigest()[:16]}"
    BASES.mkdir(parents=True, exist_ok=True)
    with (BASES / f"{RELEASE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            # The tests themselves have no network (Tests/conftest.py).
            assert may_fetch, "there is no base: make it by `cd Tests && /usr/bin/python3 -m Support.base`"
            make(folder, mirrors)
    return folder


def make(folder: Path, mirrors: str) -> None:
    for other in BASES.glob(f"{RELEASE}-*"):
        shutil.rmtree(other)
    unfinished = folder.with_suffix(".unfinished")
    made = subprocess.run(
        # The signature of testing expires after a week, and a mirror may be older.
        ["unshare", "--mount", "mmdebstrap", '--aptopt=Acquire::Check-Valid-Until "false"', "--mode=root",
         "--variant=minbase", "--skip=cleanup/apt", f"--include={','.join(INSTALLED)}", "--dpkgopt=force-unsafe-io",
         f"--customize-hook={SETTLE}", RELEASE, unfinished, "-"],
        input=mirrors, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | {"LC_ALL": "C"})
    assert made.returncode == 0, made.stdout
    unfinished.rename(folder)


if __name__ == "__main__":
    base(may_fetch=True)
