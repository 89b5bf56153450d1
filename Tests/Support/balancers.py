"""Balancers in front of responders on machines of their own: the README's lines for Apache, and packaging/haproxy."""

from __future__ import annotations

import re
from pathlib import Path

from Support.apache import Apache
from Support.network import Machine
from Support.readme import block
from Support.recipes import Haproxy, HaproxyServer
from Support.repository import REPOSITORY
from Support.servers import Server
from Support.tokens import KEY, PIPE
from Support.transports import INCLUDE

PORT = 9100


class RemoteResponder(Server):
    """`charts-token serve` on a machine of its own. Its tokens say which."""

    def __init__(self, directory: Path, program: Path, number: int, balancer: Machine) -> None:
        directory.mkdir()
        super().__init__(directory)
        self.program = program
        self.machine = Machine()
        self.prefix = self.machine.prefix
        self.name = f"machine {number}"
        self.address = f"10.77.{number}.2"
        balancer.connect(self.machine, f"to{number}", (f"10.77.{number}.1", self.address))

    def command(self) -> list[str]:
        settings = {"TINYBIRD_SIGNING_KEY": KEY, "TINYBIRD_PIPES": PIPE, "TINYBIRD_TOKEN_NAME": self.name}
        variables = [f"{name}={value}" for name, value in settings.items()]
        return ["env", *variables, str(self.program), "serve", "--listen", f"{self.address}:{PORT}"]

    def accepts(self) -> bool:
        """Whether the program has come as far as to listen (state 0A)."""
        process = Path(f"/proc/{self.pid}")
        is_program = (process / "comm").read_text().strip() == self.program.name[:15]
        return is_program and f":{PORT:04X} 00000000:0000 0A" in (process / "net/tcp").read_text()

    def close(self) -> None:
        super().close()
        self.machine.close()


def with_members(text: str, machines: list[RemoteResponder]) -> str:
    """A configuration with its example's addresses replaced by the machines'."""
    for number, machine in enumerate(machines, start=1):
        assert text.count(f"10.0.0.{number}:{PORT}") == 1
        text = text.replace(f"10.0.0.{number}:{PORT}", f"{machine.address}:{PORT}")
    return text


def apache(directory: Path, machines: list[RemoteResponder]) -> Server:
    """Apache with the README's lines."""
    text = with_members(block("balancer", **{"conf-available/charts-token.conf": INCLUDE}), machines)
    return Apache(
        directory, text, ["proxy", "proxy_fcgi", "proxy_balancer", "lbmethod_byrequests", "slotmem_shm", "headers"])


def haproxy(directory: Path, machines: list[RemoteResponder]) -> Server:
    """HAProxy with the file from packaging, its one server replaced by those that stand there as a comment."""
    text = with_members(Haproxy.recipe.read_text(), machines)
    one = "    server charts-token /charts-token.sock proto fcgi\n"
    many = re.search(r"^    # More than one machine.*\n(?:    # .*\n)*((?:    #\S.*\n)+)", text, re.M)[1]
    assert one in text
    text = text.replace(one, "").replace(many, many.replace("    #", "    "))
    file = directory / Haproxy.recipe.name
    file.write_text(text.replace("/usr/share/charts-token/htdocs", str(REPOSITORY / "apache/htdocs")))
    return HaproxyServer(directory, file, directory)


BALANCERS = {"Apache": apache, "HAProxy": haproxy}


def balancer(name: str, directory: Path, front: Machine, machines: list[RemoteResponder]) -> Server:
    """One of the balancers, not yet started, on a machine of its own that is connected to those."""
    server = BALANCERS[name](directory, machines)
    server.prefix = front.prefix
    return server
