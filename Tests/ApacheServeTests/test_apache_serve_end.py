"""How apache/serve ends, and what it leaves: nothing."""

import fcntl
import os
import pty
import shutil
import signal
import socket
import struct
import termios

import pytest

from Support.apache_serve import command_lines, fetch
from Support.repository import REPOSITORY
from Support.servers import free_port
from Support.waiting import wait_until


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything_and_leaves_nothing(serve, number):
    run = serve().up()
    run.token()

    run.signal_group(number)

    assert run.end() == 0
    wait_until(lambda: not run.left_behind(), "the end of all it started")


def test_killed_it_ends_apache_too(serve):
    run = serve().up()
    run.token()

    run.process.kill()

    assert run.end() == -signal.SIGKILL
    wait_until(lambda: not any(str(run.directory) in line for line in command_lines().values()), "the end of Apache")
    shutil.rmtree(run.directory)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_apaches_own_end_ends_the_script(serve, number):
    run = serve().up()

    os.kill(run.apache, number)

    assert run.end() == 1
    assert "apache/serve: Apache ended by itself: its log may say why\n" in run.errors
    wait_until(lambda: not run.left_behind(), "the end of all it started")


@pytest.mark.parametrize("end", ["Ctrl-C", "closed"])
def test_in_a_terminal_a_resize_changes_nothing_and_ctrl_c_or_its_end_does(commands, tools, end):
    port = free_port()
    process, terminal = pty.fork()
    if process == 0:
        os.execve(REPOSITORY / "apache/serve", ["apache/serve"], {
            "PATH": f"{commands}:{tools}", "HOME": "/", "LANG": "C.UTF-8", "PORT": str(port)})
    text = b""
    while b"Ctrl-C stops it." not in text:
        text += os.read(terminal, 65536)
    for rows in range(20, 60):
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, 80, 0, 0))
    assert fetch(f"http://localhost:{port}/generate-token")[0] == 200

    if end == "Ctrl-C":
        os.write(terminal, b"\x03")
    else:
        os.close(terminal)

    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    if end == "Ctrl-C":
        os.close(terminal)
    wait_until(lambda: not answers(port), "the end of its Apache")


def answers(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
