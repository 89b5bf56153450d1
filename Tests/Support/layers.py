"""Installation: on this very system, in a layer of it that is gone afterwards. Only root can make one."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from Support.repository import REPOSITORY

LAYER = r"""
set -eu
mount -t tmpfs tmpfs "$LAYER"
for directory in usr etc var; do
    mkdir -p "$LAYER/$directory" "$LAYER/work-$directory"
    mount -t overlay overlay -o "lowerdir=/$directory,upperdir=$LAYER/$directory,workdir=$LAYER/work-$directory" "/$directory"
done
mount -t tmpfs tmpfs /run
mkdir /run/lock
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
printf '#!/bin/sh\nexec "$@"\n' >/usr/bin/sudo
# Without systemd, what its units do; what needs no systemd is done by the real one.
cat >/usr/local/bin/systemctl <<'END'
#!/bin/sh
case $* in
"reload apache2") exec apachectl graceful ;;
"restart apache2")
    apachectl stop
    while pidof apache2 >/dev/null; do sleep 0.05; done
    exec apachectl start ;;
*) exec /usr/bin/systemctl "$@" ;;
esac
END
chmod 755 /usr/sbin/policy-rc.d /usr/bin/sudo /usr/local/bin/systemctl
{ DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $PACKAGES; } >&2
cd "$REPOSITORY"
# A network of its own, so that port 80 is free.
exec unshare -n bash -euc 'ip link set lo up; . "$SCENARIO"'
"""

# Until the endpoint answers by the new configuration.
AWAIT = r"""
await() {
    # As long as that takes at worst: other tests are running.
    local end=$((SECONDS + 20))
    for _ in $(seq 50); do
        answer=$(curl -s -m 2 "$@" http://localhost/generate-token) && case $answer in '{"token":'*) echo "$answer"; return ;; esac
        [ "$SECONDS" -lt "$end" ] || break
        sleep 0.1
    done
    echo "no token: $answer" >&2; cat /var/log/apache2/error.log /var/log/lighttpd/error.log >&2
    ps axl >&2
    for p in $(pidof apache2 charts-token); do for t in /proc/$p/task/*; do echo "$t $(cat $t/wchan) $(cat $t/syscall)"; done; done >&2
    return 1
}
"""


def in_layer(packages: str, scenario: str) -> list[str]:
    """Runs a scenario in a layer of the system with Debian's packages; returns what it prints, line by line."""
    layer = Path(tempfile.mkdtemp(prefix="charts-token-layer-"))
    script = layer.with_suffix(".sh")
    try:
        script.write_text(AWAIT + scenario)
        run = subprocess.run(
            # With processes of its own, none of which outlives it.
            ["unshare", "-m", "-p", "-f", "--mount-proc", "--kill-child", "bash", "-c", LAYER], capture_output=True, text=True, timeout=600, env=os.environ | {
                "LAYER": str(layer), "PACKAGES": packages, "REPOSITORY": str(REPOSITORY), "SCENARIO": str(script)})
        assert run.returncode == 0, run.stderr
        return run.stdout.splitlines()
    finally:
        script.unlink()
        layer.rmdir()
