"""Installation: on the frozen base (Support/base.py), in a layer of it that is gone afterwards. Only root can make one."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from Support.base import base
from Support.repository import REPOSITORY

# In a mount namespace, with a tmpfs at $LAYER: goes to the new system's root, which has no devices yet.
ROOT = r"""
mkdir "$LAYER/upper" "$LAYER/work" "$LAYER/root"
mount -t overlay overlay -o "lowerdir=$BASE,upperdir=$LAYER/upper,workdir=$LAYER/work" "$LAYER/root"
cd "$LAYER/root"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t tmpfs -o mode=755 tmpfs run
"""

# The repository is there as a copy in effect, and Swift as it is.
LAYER = r"""
set -eu
mount -t tmpfs tmpfs "$LAYER"
ip link set lo up
hostname debian
""" + ROOT + r"""
mount --rbind /dev dev
mount --bind /tmp tmp
mkdir -p run/lock ".$REPOSITORY" ".$SWIFT_HERE" "$LAYER/clone" "$LAYER/clone-work"
mount -t overlay overlay -o "lowerdir=$REPOSITORY,upperdir=$LAYER/clone,workdir=$LAYER/clone-work" ".$REPOSITORY"
mount --bind -o ro "$SWIFT" ".$SWIFT_HERE"
# Without systemd, what its units do; what needs no systemd is done by the real one. In its place, as sudo doesn't look into
# /usr/local everywhere.
mv bin/systemctl bin/systemctl.real
cat >bin/systemctl <<'END'
#!/bin/bash
case $* in
"reload apache2")
    children=$(pgrep -P "$(cat /run/apache2/apache2.pid)")
    apachectl graceful
    # Until they have ended, they may still take connections.
    for child in $children; do
        while [ -e "/proc/$child" ]; do sleep 0.05; done
    done ;;
"restart apache2")
    apachectl stop
    while pidof apache2 >/dev/null; do sleep 0.05; done
    exec apachectl start ;;
*) exec -a systemctl /bin/systemctl.real "$@" ;;
esac
END
chmod 755 bin/systemctl
exec chroot . env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive "REPOSITORY=$REPOSITORY" \
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:$SWIFT_HERE/bin" \
    bash -euc 'cd "$REPOSITORY"; . "$0"' "$SCENARIO"
"""

# Until the endpoint answers by the new configuration.
AWAIT = r"""
await() {
    local end=$((SECONDS + 120))
    while [ "$SECONDS" -lt "$end" ]; do
        answer=$(curl -s -m 60 "$@" http://localhost/generate-token) && case $answer in '{"token":'*) echo "$answer"; return ;; esac
        sleep 0.1
    done
    echo "no token: $answer" >&2; cat /var/log/apache2/error.log /var/log/lighttpd/error.log >&2
    ps axl >&2
    for p in $(pidof apache2 charts-token); do for t in /proc/$p/task/*; do echo "$t $(cat $t/wchan) $(cat $t/syscall)"; done; done >&2
    return 1
}
"""


@cache
def swift() -> Path:
    """The folder with the toolchain's bin and lib."""
    info = subprocess.run(["swift", "-print-target-info"], check=True, capture_output=True, text=True).stdout
    return Path(json.loads(info)["paths"]["runtimeResourcePath"]).parents[1]


def in_layer(scenario: str, seconds: float = 600) -> list[str]:
    """Runs a scenario as root in a layer, in a network of its own; returns what it prints, line by line."""
    layer = Path(tempfile.mkdtemp(prefix="charts-token-layer-"))
    script = layer.with_suffix(".sh")
    try:
        script.write_text(AWAIT + scenario)
        run = subprocess.run(
            # With processes of its own, none of which outlives it.
            ["unshare", "--mount", "--net", "--uts", "--pid", "--fork", "--kill-child", "bash", "-c", LAYER],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, env=os.environ | {
                "LAYER": str(layer), "BASE": str(base()), "REPOSITORY": str(REPOSITORY), "SCENARIO": str(script),
                # Where it is in /usr, there is another one in the layer.
                "SWIFT": str(swift()), "SWIFT_HERE": "/swift" if swift() == Path("/usr") else str(swift())})
        assert run.returncode == 0, run.stderr
        return run.stdout.splitlines()
    finally:
        script.unlink()
        layer.rmdir()
