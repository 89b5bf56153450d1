"""The Debian package: what is in it, and what becomes of a system of which it is a part.

Installed on the frozen base (Support/base.py), in a layer that is gone afterwards.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from Support.layers import in_layer
from Support.marks import as_root
from Support.readme import BLOCKS, README, SCOPES, claims_in
from Support.tokens import KEY

# Types what the README asks the reader to type into the file that it opens.
PREPARE = f"""
export SUDO_EDITOR=/usr/local/bin/type-in
cat >$SUDO_EDITOR <<'SCRIPT'
#!/bin/sh
cat >>"$1" <<'END'
{BLOCKS["key-conf"]}
END
SCRIPT
chmod 755 $SUDO_EDITOR
status() {{ curl -s -m 5 -o /dev/null -w '%{{http_code}}\n' "http://localhost$1"; }}
becomes() {{ for _ in $(seq 600); do eval "$1" && return; sleep 0.1; done; echo "never: $1" >&2; return 1; }}
files() {{ find /etc /usr /var /run -path /var/lib/dpkg -prune -o -name '*charts-token*' -print; }}
"""


@pytest.fixture(scope="session")
def unpacked(deb: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("deb")
    subprocess.run(["dpkg-deb", "-x", deb, directory], check=True)
    return directory


# ---- The package itself ----

@pytest.mark.slow
def test_lintian_has_no_errors_or_warnings(deb: Path) -> None:
    run = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", deb], capture_output=True, text=True, timeout=300)
    assert (run.returncode, run.stdout) == (0, "")


def test_the_distributions_libraries_are_dependencies(deb: Path) -> None:
    depends = subprocess.run(["dpkg-deb", "-f", deb, "Depends"], check=True, capture_output=True, text=True).stdout
    assert {"libssl3", "libfcgi0ldbl", "libc6"} <= {dependency.split()[0] for dependency in depends.split(",")}


def test_the_version_is_the_changelogs(deb: Path, unpacked: Path) -> None:
    version = re.search(r"^## Changelog\n\n### (\S+), \d{4}-\d\d-\d\d\n", README, re.M)[1]
    assert deb.name == f"charts-token_{version}_amd64.deb"
    shown = subprocess.run(
        [unpacked / "usr/bin/charts-token", "--version"], check=True, capture_output=True, text=True).stdout
    assert shown.splitlines()[0] == f"charts-token {version}"


def test_the_manual_page_has_every_command_and_setting(unpacked: Path) -> None:
    page = subprocess.run(
        ["man", "--local-file", "--warnings", unpacked / "usr/share/man/man1/charts-token.1.gz"], capture_output=True,
        text=True, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MANWIDTH": "100"})
    assert (page.returncode, page.stderr) == (0, "")
    commands, settings = page.stdout.split("\nCOMMANDS\n")[1].split("\nENVIRONMENT\n")
    assert re.findall(r"^   (\w+)", commands, re.M) == ["check", "token", "inspect", "serve"]
    assert re.findall(r"^       (TINYBIRD_\w+)$", settings, re.M) == re.findall(r"^\| `(TINYBIRD_\w+)` \|", README, re.M)
    assert "--listen" in commands and "default: 48h" in settings


# ---- Apache ----

@as_root
def test_the_readmes_lines_lead_from_the_package_to_a_token(deb: Path) -> None:
    answers = in_layer(f"""
{{ {PREPARE}
cd {deb.parent}
{BLOCKS["package"]}
{BLOCKS["a2enconf"]}
}} >&2
await
curl -s http://localhost/charts-token/ | grep -c tinybird-chart
stat -c '%a %U %G' /etc/charts-token/key.conf /etc/charts-token/key
charts-token --version
man -w charts-token
apachectl stop >&2
""")
    assert claims_in(answers[0])["scopes"] == SCOPES
    assert int(answers[1]) > 0
    assert answers[2:4] == ["600 root root"] * 2
    assert answers[4].startswith("charts-token ")
    assert answers[5].startswith("commit ") and "unknown" not in answers[5]
    assert answers[6].endswith("linked dynamically")
    assert answers[7] == "/usr/share/man/man1/charts-token.1.gz"


@as_root
def test_a_fresh_installation_changes_nothing_until_it_is_enabled_and_is_purged_without_a_trace(deb: Path) -> None:
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y libapache2-mod-fcgid
files >/root/before
apt-get install -y {deb}
apachectl start
}} >&2
status /
status /generate-token
# Without a key.
{{ a2enconf -q charts-token
systemctl restart apache2
}} >&2
status /
status /generate-token
grep -c 'charts-token: error: TINYBIRD_SIGNING_KEY' /var/log/apache2/error.log
{{ apt-get purge -y charts-token
systemctl restart apache2
}} >&2
status /
status /generate-token
files | diff /root/before - && [ ! -e /etc/charts-token ] && echo nothing
apachectl stop >&2
""")
    assert answers == ["200", "404", "200", "503", "1", "200", "404", "nothing"]


@as_root
def test_an_upgrade_keeps_the_key_and_the_configuration_and_the_new_program_answers(deb: Path, older: Path) -> None:
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y {older}
sudoedit /etc/charts-token/key.conf
echo '# mine' >>/etc/apache2/conf-available/charts-token.conf
{BLOCKS["a2enconf"]}
await
cp -a /etc/charts-token /etc/apache2 /root
apt-get install -y {deb}
diff -r /root/charts-token /etc/charts-token
diff -r /root/apache2 /etc/apache2
}} >&2
await
ls -l $(printf '/proc/%s/exe ' $(pidof charts-token)) | sed 's/.* -> //' | grep -v deleted
dpkg-query -W -f '${{Version}}\n' charts-token
apachectl stop >&2
""")
    assert claims_in(answers[0])["scopes"] == SCOPES
    assert answers[1] == "/usr/lib/charts-token/charts-token"
    assert answers[2] == deb.name.split("_")[1]


@as_root
def test_apache_goes_on_without_the_package_and_the_key_stays(deb: Path) -> None:
    site = "/etc/apache2/sites-available/000-default.conf"
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y {deb}
sudoedit /etc/charts-token/key.conf
# In a site, where a2disconf doesn't reach it.
sed -i '/^<.VirtualHost>/i Include conf-available/charts-token.conf' {site}
a2enmod -q fcgid headers
systemctl restart apache2
await
apt-get remove -y charts-token
apachectl graceful
}} >&2
becomes '[ "$(status /generate-token)" = 503 ]'
status /
status /generate-token
systemctl restart apache2 >&2
status /
status /generate-token
{{ apachectl stop
# Nothing of the package was in use but the conffile.
sed -i '/charts-token/d' {site}
}} >&2
apt-get purge -y charts-token | grep '^charts-token:'
find /etc/charts-token -type f
cat /etc/charts-token/key.conf
{{ apt-get install -y {deb}
a2enconf -q charts-token
systemctl restart apache2
}} >&2
await
apachectl stop >&2
""")
    assert answers[:4] == ["200", "503"] * 2
    assert answers[4] == "charts-token: /etc/charts-token/key.conf isn't empty, and stays: it may hold the signing key"
    assert answers[5] == "/etc/charts-token/key.conf"
    assert answers[6:8] == BLOCKS["key-conf"].splitlines()
    assert claims_in(answers[-1])["scopes"] == SCOPES


@as_root
def test_an_installation_by_hand_is_taken_over(deb: Path) -> None:
    answers = in_layer(f"""
{{ {PREPARE}
{BLOCKS["install"]}
echo {KEY!r} | {{ {BLOCKS["key"]}
}}
echo 'SetEnv TINYBIRD_PIPES sales_by_city' >/etc/apache2/conf-enabled/settings.conf
a2enconf -q charts-token
{BLOCKS["restart"]}
await
apt-get install -y {deb}
{BLOCKS["restart"]}
}} >&2
await
charts-token --version | tail -n 1
apachectl stop >&2
""")
    assert claims_in(answers[0])["scopes"] == SCOPES
    assert answers[1].endswith("linked dynamically")


# ---- The service ----

@as_root
def test_lighttpd_finds_the_service(deb: Path) -> None:
    unit = "/lib/systemd/system/charts-token"
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y lighttpd {deb}
install -d -o www-data /run/lighttpd
lighty-enable-mod charts-token
lighttpd -D -f /etc/lighttpd/lighttpd.conf & server=$!
becomes '[ "$(status /charts-token/)" = 200 ]'
}} >&2
status /generate-token
{{ echo {KEY!r} >/etc/charts-token/key
# Without systemd, what the units say.
socket=$(sed -n 's/^ListenStream=//p' {unit}.socket)
install -d "$(dirname "$socket")"
TINYBIRD_SIGNING_KEY_FILE=/etc/charts-token/key TINYBIRD_PIPES=sales_by_city systemd-socket-activate -l "$socket" \\
    -E TINYBIRD_SIGNING_KEY_FILE -E TINYBIRD_PIPES $(sed -n 's/^ExecStart=//p' {unit}.service) & service=$!
becomes '[ -S "$socket" ]'
chown www-data "$socket"
}} >&2
await
curl -s http://localhost/charts-token/ | grep -c tinybird-chart
readlink /etc/systemd/system/sockets.target.wants/charts-token.socket
kill $service
apt-get purge -y charts-token >&2
lighttpd -tt -f /etc/lighttpd/lighttpd.conf >&2
find /etc/charts-token /etc/lighttpd -path '*charts-token*'  ! -type d
kill $server
wait $server || true
""")
    assert answers[0] == "503"
    assert claims_in(answers[1])["scopes"] == SCOPES
    assert int(answers[2]) > 0
    assert answers[3] == f"{unit}.socket"
    assert answers[4:] == ["/etc/charts-token/key"]
