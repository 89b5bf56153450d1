"""The networks of the tests, whichever thread of a process runs them."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor

from Support.marks import as_root
from Support.network import Machine, enter_own_network


def loopback_of_machines() -> list[str]:
    enter_own_network()
    made = []
    for _ in range(10):
        machine = Machine()
        command = [*machine.prefix, "ip", "-oneline", "address", "show", "dev", "lo"]
        made.append(subprocess.run(command, capture_output=True, text=True).stdout)
        machine.close()
    return made


@as_root
def test_a_machine_has_a_loopback_of_its_own_though_a_thread_alone_has_entered_a_network() -> None:
    with ThreadPoolExecutor(1) as other:
        assert all("127.0.0.1/8" in addresses for addresses in other.submit(loopback_of_machines).result())


def addresses() -> list[tuple[str, str]]:
    enter_own_network()
    lines = subprocess.run(["ip", "-oneline", "address", "show"], capture_output=True, text=True).stdout.splitlines()
    return [(fields[1], fields[3]) for fields in map(str.split, lines)]


@as_root
def test_a_network_has_all_its_addresses_from_the_start_as_browsers_start_anew_with_each() -> None:
    with ThreadPoolExecutor(1) as other:
        assert other.submit(addresses).result() == [("lo", "127.0.0.1/8"), ("lo", "::1/128"), ("one", "192.0.2.1/24")]
