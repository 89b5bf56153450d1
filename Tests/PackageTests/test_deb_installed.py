"""The Debian package, installed: what web servers answer, and what it leaves behind.

Installed on the frozen base (Support/base.py), in a layer that is gone afterwards.
"""

from __future__ import annotations

import re
from pathlib import Path

from Support.layers import in_layer
from Support.marks import as_root
from Support.readme import BLOCKS, SCOPES, claims_in
from Support.repository import REPOSITORY
from Support.tokens import KEY

NEWLINE = "\n"
README_DEBIAN = (REPOSITORY / "packaging/debian/README.Debian").read_text()

# Types what the README asks the reader to type into the files that it opens, under names that sudoedit gives to copies.
PREPARE = f"""
export SUDO_EDITOR=/usr/local/bin/type-in
cat >$SUDO_EDITOR <<'SCRIPT'
#!/bin/sh
case ${{1##*/}} in
key*) echo {KEY!r} ;;
charts-token*.env) echo {BLOCKS["settings"]!r} ;;
*) exit 1 ;;
esac >>"$1"
SCRIPT
chmod 755 $SUDO_EDITOR
# Without systemd, what the units say.
units=/lib/systemd/system/charts-token
socket=/run/charts-token/charts-token.sock
service() {{
    grep -qx "ListenStream=$socket" $units.socket
    install -d "$(dirname "$socket")"
    set -a; . /etc/charts-token/charts-token.env; set +a
    TINYBIRD_SIGNING_KEY_FILE=/etc/charts-token/key TINYBIRD_SERVER_SECRET_FILE=/etc/charts-token/server-secret \\
        systemd-socket-activate -l "$socket" -E TINYBIRD_SIGNING_KEY_FILE -E TINYBIRD_SERVER_SECRET_FILE -E TINYBIRD_PIPES \\
        $(sed -n 's/^ExecStart=//p' $units.service) & service=$!
    becomes '[ -S $socket ]'
    chown www-data "$socket"
}}
end_of_service() {{ kill $service; rm "$socket"; }}
status() {{ curl -s -m 60 -o /dev/null -w '%{{http_code}}\n' "http://localhost$1"; }}
becomes() {{ for _ in $(seq 1200); do eval "$1" && return; sleep 0.1; done; echo "never: $1" >&2; return 1; }}
files() {{ find /etc /usr /var /run -path /var/lib/dpkg -prune -o -name '*charts-token*' -print; }}
"""


@as_root
def test_the_readmes_lines_lead_from_the_package_to_a_token(deb: Path) -> None:
    answers = in_layer(f"""
{{ {PREPARE}
cd {deb.parent}
apachectl start
{BLOCKS["package"]}
service
{BLOCKS["a2enconf"]}
}} >&2
await
curl -s http://localhost/charts-token/ | grep -c tinybird-chart
stat -c '%a %U %G' /etc/charts-token/key /etc/charts-token/charts-token.env /etc/charts-token/server-secret*
charts-token --version
man -w charts-token
stat -c %a /usr/lib/charts-token/charts-token
{{ apachectl stop
end_of_service
}} >&2
""")
    assert claims_in(answers[0])["scopes"] == SCOPES
    assert int(answers[1]) > 0
    assert answers[2:6] == ["600 root root"] * 4
    assert answers[6].startswith("charts-token ")
    assert answers[7].startswith("commit ") and "unknown" not in answers[7]
    assert answers[8].endswith("linked dynamically")
    assert answers[9:] == ["/usr/share/man/man1/charts-token.1.gz", "711"]


@as_root
def test_a_fresh_installation_changes_nothing_until_it_is_enabled_and_is_purged_without_a_trace(deb: Path) -> None:
    answers = in_layer(f"""
{{ {PREPARE}
a2enmod -q proxy_fcgi
files >/root/before
apt-get install -y {deb}
apachectl start
}} >&2
status /
status /generate-token
# Without a key.
{{ service
a2enconf -q charts-token
systemctl restart apache2
}} >&2
status /
status /generate-token
grep -c 'charts-token: error: TINYBIRD_SIGNING_KEY' /var/log/apache2/error.log
{{ end_of_service
apt-get purge -y charts-token
systemctl restart apache2
}} >&2
status /
status /generate-token
files | diff /root/before - && [ ! -e /etc/charts-token ] && echo nothing
apachectl stop >&2
""")
    assert answers == ["200", "404", "200", "503", "1", "200", "404", "nothing"]


@as_root
def test_apache_goes_on_without_the_package_and_the_key_stays(deb: Path) -> None:
    site = "/etc/apache2/sites-available/000-default.conf"
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y {deb}
sudoedit /etc/charts-token/key
sudoedit /etc/charts-token/charts-token.env
# In a site, where a2disconf doesn't reach it.
sed -i '/^<.VirtualHost>/i Include conf-available/charts-token.conf' {site}
a2enmod -q proxy_fcgi headers
apachectl start
service
await
end_of_service
apt-get remove -y charts-token
systemctl reload apache2
}} >&2
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
cat /etc/charts-token/key
{{ apt-get install -y {deb}
sudoedit /etc/charts-token/charts-token.env
a2enconf -q charts-token
apachectl start
service
}} >&2
await
{{ apachectl stop
end_of_service
}} >&2
""")
    assert answers[:4] == ["200", "503"] * 2
    assert answers[4] == "charts-token: /etc/charts-token/key isn't empty, and stays: it may hold the signing key"
    assert answers[5:7] == ["/etc/charts-token/key", KEY]
    assert claims_in(answers[-1])["scopes"] == SCOPES


@as_root
def test_an_installation_by_hand_is_taken_over(deb: Path) -> None:
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y libapache2-mod-fcgid
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


@as_root
def test_lighttpd_finds_the_service(deb: Path) -> None:
    commands = re.findall(r"^    (\S.*)$", README_DEBIAN[README_DEBIAN.index("\nlighttpd:"):].split("\nnginx")[0], re.M)
    assert commands[-1] == "systemctl restart lighttpd"
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y lighttpd {deb}
sudoedit /etc/charts-token/key
sudoedit /etc/charts-token/charts-token.env
install -d -o www-data /run/lighttpd
(
{NEWLINE.join(commands[:-1])}
)
lighttpd -D -f /etc/lighttpd/lighttpd.conf & server=$!
becomes '[ "$(status /charts-token/)" = 200 ]'
}} >&2
status /generate-token
service >&2
await
curl -s http://localhost/charts-token/ | grep -c tinybird-chart
stat -c '%a %U %G' /etc/lighttpd/conf-available/50-charts-token.conf
readlink -f /etc/systemd/system/sockets.target.wants/charts-token.socket
end_of_service
apt-get purge -y charts-token >&2
lighttpd -tt -f /etc/lighttpd/lighttpd.conf >&2
find /etc/charts-token /etc/lighttpd -path '*charts-token*'  ! -type d
kill $server
wait $server || true
""")
    assert answers[0] == "503"
    assert claims_in(answers[1])["scopes"] == SCOPES
    assert int(answers[2]) > 0
    assert answers[3:] == [
        "640 root www-data", "/usr/lib/systemd/system/charts-token.socket", "/etc/charts-token/key"]
