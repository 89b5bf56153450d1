"""apache/serve: starting it, and seeing what it leaves."""

import json
import os
import pathlib
import re
import socket
import subprocess
import tempfile
import urllib.error
import urllib.request

import jwt

from Support.repository import REPOSITORY
from Support.waiting import wait_until

DEMONSTRATION_KEY = (
    "p.eyJ1IjoiMWY0ODRhMzItNjk2Ni00ZjYzLTkzMTItYWFkYWQ2NGQzZTEyIiwiaWQiOiJkZW1vbnN0cmF0aW9uIn0"
    ".demonstration-key-that-tinybird-does-not-know"
)

# An unprivileged user that every Debian has, and that isn't Apache's.
NOBODY = 65534


def write_script(path, text):
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def command_lines():
    """The command line of every process, by its id."""
    lines = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            lines[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            pass  # it has ended
    return lines


def fetch(url):
    """Status, headers and body, whatever the status."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()


def claims_of(token, key):
    return jwt.decode(token, key, algorithms=["HS256"])


class Serve:
    """One run of apache/serve, in a session of its own as a terminal gives it."""

    def __init__(self, environment, arguments=(), user=None, clone=REPOSITORY, wrapper=(), program=None, cwd="/"):
        self.port = int(environment["PORT"]) if environment.get("PORT", "").isdecimal() else 5151
        self.url = f"http://localhost:{self.port}"
        self._output = tempfile.TemporaryFile()
        self._errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [*wrapper, program or clone / "apache/serve", *arguments],
            env=environment, cwd=cwd, stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._errors,
            start_new_session=True, user=user, group=user, extra_groups=None if user is None else [])
        self.directory = None

    @property
    def output(self):
        return os.pread(self._output.fileno(), 1 << 20, 0).decode()

    @property
    def errors(self):
        return os.pread(self._errors.fileno(), 1 << 20, 0).decode()

    def up(self, seconds=60):
        """Waits until it says that it serves."""
        wait_until(lambda: "is serving" in self.output or self.process.poll() is not None, "serving", seconds)
        assert self.process.poll() is None, f"it ended with {self.process.returncode}: {self.errors}"
        self.directory = self._apache()[1]
        return self

    def _apache(self):
        """Its Apache's process, and its temporary directory."""
        for process, line in command_lines().items():
            found = re.search(r"apache2 -f (/\S*/charts-token\.\w+)/httpd\.conf", line)
            if found and self._parent(process) == self.process.pid:
                return process, pathlib.Path(found[1])
        raise AssertionError("there is no Apache")

    @property
    def apache(self):
        return self._apache()[0]

    @staticmethod
    def _parent(process):
        try:
            status = pathlib.Path(f"/proc/{process}/status").read_text()
        except OSError:
            return None
        return int(re.search(r"^PPid:\s+(\d+)", status, re.M)[1])

    def token(self):
        status, _, body = fetch(f"{self.url}/generate-token")
        assert status == 200, (status, body, self.errors)
        return json.loads(body)["token"]

    def signal_group(self, number):
        """What the terminal does at Ctrl-C: the signal goes to everyone in its foreground."""
        os.killpg(self.process.pid, number)

    def end(self, timeout=60):
        """Its exit status, when it has ended."""
        return self.process.wait(timeout)

    def left_behind(self):
        """What is left of a run that served: processes, files, an open port."""
        left = [line for line in command_lines().values() if str(self.directory) in line]
        if self.directory.exists():
            left.append(self.directory)
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", self.port)) == 0:
                left.append(self.port)
        return left

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._output.close()
        self._errors.close()
