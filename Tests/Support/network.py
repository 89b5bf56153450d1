"""Machines of a network of their own: namespaces without names, which end with the processes in them.

The addresses lead nowhere else. Only root can make such a network.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

from Support.waiting import wait_until

CLONE_NEWNET = 0x40000000


def enter_own_network() -> None:
    """Puts the calling thread, and whatever it starts from here on, into a network that leads nowhere; where this
    container may not, it stays in the one that there is. pytest-xdist doesn't always run tests in a process's first
    thread: what /proc tells of their network is below /proc/thread-self."""
    if ctypes.CDLL(None).unshare(CLONE_NEWNET) != 0:
        return
    # A browser with nothing but loopback says that it is offline. And it drops what it is loading when an address comes,
    # as those that links give themselves by IPv6 do seconds later: these give themselves none.
    for command in ("link set lo up", "link add one type veth peer name other", "link set one addrgenmode none",
                    "link set other addrgenmode none", "address add 192.0.2.1/24 dev one", "link set one up",
                    "link set other up"):
        subprocess.run(["ip", *command.split()], check=True)


class Machine:
    """A network namespace, kept by a process that ends when this one does, however that happens."""

    def __init__(self) -> None:
        self._keeper = subprocess.Popen(["unshare", "--net", "cat"], stdin=subprocess.PIPE, start_new_session=True)
        self.path = Path(f"/proc/{self._keeper.pid}/ns/net")
        wait_until(lambda: self._keeper.poll() is not None or self._is_apart(), "a network namespace")
        # What runs a command on this machine.
        self.prefix = ["nsenter", f"--net={self.path}", "--"]
        self.ip("link", "set", "lo", "up")

    def _is_apart(self) -> bool:
        return os.readlink(self.path) != os.readlink("/proc/thread-self/ns/net")

    def ip(self, *arguments: str) -> None:
        completed = subprocess.run([*self.prefix, "ip", *arguments], capture_output=True, text=True, timeout=60)
        assert completed.returncode == 0, f"ip {arguments}: {completed.stderr}"

    def enter(self) -> None:
        """Puts the calling thread, and no other, onto this machine: the sockets that it opens are the machine's."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if ctypes.CDLL(None, use_errno=True).setns(descriptor, CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "setns")
        finally:
            os.close(descriptor)

    def connect(self, other: Machine, name: str, addresses: tuple[str, str]) -> None:
        """Lays a cable to another machine, where it ends as `uplink`."""
        self.ip("link", "add", name, "type", "veth", "peer", "name", "uplink", "netns", str(other._keeper.pid))
        for machine, end, address in ((self, name, addresses[0]), (other, "uplink", addresses[1])):
            machine.ip("address", "add", f"{address}/30", "dev", end)
            machine.ip("link", "set", end, "up")

    def cut(self) -> None:
        self.ip("link", "set", "uplink", "down")

    def mend(self) -> None:
        self.ip("link", "set", "uplink", "up")

    def close(self) -> None:
        """Ends the keeper, and with it, when no process is left, the namespace and its cables."""
        self._keeper.stdin.close()
        self._keeper.wait(timeout=60)
