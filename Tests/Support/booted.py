"""The frozen base, booted by its own systemd: in a layer of it, and in namespaces, that are gone afterwards."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from Support.base import base
from Support.layers import ROOT
from Support.servers import ENVIRONMENT
from Support.waiting import wait_until

# Holds the layer, and the control group that systemd takes for the root of all, until its input ends: with the tests'
# own process at the latest. SIGKILL, as the group gets it, is the one signal that ends systemd.
KEEP = r"""
set -eu
mount -t tmpfs tmpfs "$LAYER"
mkdir "$LAYER/groups"
mount -t cgroup2 cgroup2 "$LAYER/groups"
export GROUP=$LAYER/groups/${LAYER##*/}
mkdir "$GROUP"
unshare --pid --fork --kill-child bash -euc "$ENTER" &
exec >/dev/null
cat
echo 1 >"$GROUP/cgroup.kill"
wait
find "$GROUP" -depth -type d -exec rmdir {} +
"""

# The number by which others know this process, the first one of its namespace. Only whoever is in the group already
# gets a namespace with the group as its root.
ENTER = r"""
read -r pid _ </proc/self/stat
echo 0 >"$GROUP/cgroup.procs"
exec unshare --cgroup --mount --uts --ipc --net bash -euc "$BOOT" "$pid"
"""

# What systemd expects of a container (https://systemd.io/CONTAINER_INTERFACE); what is the kernel's, as sysctls are,
# is this machine's and can't be written.
BOOT = ROOT + r"""
mount --bind proc/sys proc/sys
mount -o remount,bind,ro proc/sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom tty; do cp -a "/dev/$device" dev; done
ln -s pts/ptmx dev/ptmx
for directory in tmp var/log; do mount -t tmpfs -o mode=755 tmpfs "$directory"; done

# Nothing is started but the journal: of what is there, nothing is enabled, wanted or generated. At what looks like the
# first boot, without an id, systemd would enable it.
rm -rf etc/systemd usr/lib/systemd/system/*.wants usr/lib/systemd/system-generators
mkdir -p etc/systemd/system/sysinit.target.wants
ln -s /lib/systemd/system/systemd-journald.service etc/systemd/system/sysinit.target.wants
tr -d - <proc/sys/kernel/random/uuid >etc/new-id
mv -f etc/new-id etc/machine-id

pivot_root . mnt
umount -l mnt
# So that credentials, which systemd mounts, reach the services.
mount --make-rshared /
echo "$0"
exec env -i container=test PATH="$PATH" /lib/systemd/systemd --system --unit=multi-user.target
"""


class CannotBoot(Exception):
    """This machine doesn't let itself be booted once more: it lacks control groups, or namespaces."""


class Booted:
    """The system, with the journal and whatever is installed or started in it. Only root can boot it."""

    def __init__(self) -> None:
        self._layer = Path(tempfile.mkdtemp(prefix="charts-token-layer-"))
        self._errors = tempfile.TemporaryFile("w+")
        self._keeper = subprocess.Popen(
            ["unshare", "--mount", "bash", "-c", KEEP], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._errors, text=True, start_new_session=True,
            env=ENVIRONMENT | {"LAYER": str(self._layer), "BASE": str(base()), "ENTER": ENTER, "BOOT": BOOT})
        self._pid = ""
        try:
            self._pid = self._keeper.stdout.readline().strip()
            if not self._pid:
                self._errors.seek(0)
                raise CannotBoot(self._errors.read())
            # Its files, for who is outside.
            self.root = Path(f"/proc/{self._pid}/root")
            wait_until(lambda: self._systemctl("is-system-running").stdout == "running\n", "the system to be up", 300)
        except BaseException:
            self.close()
            raise

    def _enter(self, *command: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["nsenter", f"--target={self._pid}", "--all", "--", *map(str, command)], stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=300, env=ENVIRONMENT | {"DEBIAN_FRONTEND": "noninteractive"})

    def _systemctl(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self._enter("systemctl", *arguments)

    def run(self, *command: object) -> str:
        """What a command prints that runs in it, as root."""
        completed = self._enter(*command)
        assert completed.returncode == 0, f"{command}: {completed.stdout}{completed.stderr}"
        return completed.stdout

    def properties(self, unit: str, *names: str) -> tuple[str, ...]:
        """What systemd says of a unit."""
        return tuple(self.run("systemctl", "show", f"--property={name}", "--value", unit).strip() for name in names)

    def journal(self, *arguments: str) -> str:
        self.run("journalctl", "--sync")
        return self.run("journalctl", "--no-pager", "--quiet", *arguments)

    def install(self, package: Path) -> None:
        """As an administrator does on a system that is up. The manual's index, which takes seconds, stays as it is."""
        shutil.copy(package, self.root / "tmp/package.deb")
        self.run("dpkg", "--no-triggers", "--install", "/tmp/package.deb")

    def close(self) -> None:
        self._keeper.stdin.close()
        status = self._keeper.wait(120)
        self._keeper.stdout.close()
        self._errors.close()
        self._layer.rmdir()
        assert status == 0 or not self._pid, "its control group is still there"
