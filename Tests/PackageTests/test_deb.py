"""The Debian package: what is in it, and what becomes of a system of which it is a part.

Installed on the frozen base (Support/base.py), in a layer that is gone afterwards.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from Support.layers import in_layer
from Support.marks import as_root
from Support.packages import contents
from Support.readme import BLOCKS, README, SCOPES, claims_in, links
from Support.repository import REPOSITORY
from Support.tokens import KEY

NEWLINE = "\n"
README_DEBIAN = (REPOSITORY / "packaging/debian/README.Debian").read_text()
# How version 0.1 was configured.
KEY_CONF = f'''Define CHARTS_TOKEN_KEY "{KEY}"
SetEnv TINYBIRD_PIPES sales_by_city'''

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
    # libssl3t64 and libfcgi0t64 since Debian 13.
    assert {"libssl3", "libfcgi0", "libc6"} <= {
        re.sub("(ldbl|t64)$", "", dependency.split()[0]) for dependency in depends.split(",")}


def test_the_version_is_the_changelogs(deb: Path, unpacked: Path) -> None:
    version = re.search(r"^## Changelog\n\n### (\S+), \d{4}-\d\d-\d\d\n", README, re.M)[1]
    architecture = subprocess.run(
        ["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    assert deb.name == f"charts-token_{version}_{architecture}.deb"
    shown = subprocess.run(
        [unpacked / "usr/bin/charts-token", "--version"], check=True, capture_output=True, text=True).stdout
    assert shown.splitlines()[0] == f"charts-token {version}"


def test_every_link_of_its_documents_leads_somewhere(unpacked: Path, tmp_path: Path) -> None:
    # Links to files elsewhere in the system are absolute ones.
    shutil.copytree(unpacked, tmp_path / "root", symlinks=True)
    for path in (tmp_path / "root").rglob("*"):
        if path.is_symlink() and path.readlink().is_absolute():
            target = tmp_path / "root" / path.readlink().relative_to("/")
            path.unlink()
            path.symlink_to(target)
    found = [link for document in (tmp_path / "root/usr/share/doc").rglob("*.md") for link in links(document)]
    assert ("apache/LOGINS.md#openid-connect", True) in found
    assert ("../packaging/nginx/charts-token.conf", True) in found
    assert [link for link, leads in found if not leads] == []


def test_the_manual_page_has_every_command_and_setting(unpacked: Path) -> None:
    page = subprocess.run(
        ["man", "--local-file", "--warnings", unpacked / "usr/share/man/man1/charts-token.1.gz"], capture_output=True,
        text=True, env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "MANWIDTH": "100"})
    assert (page.returncode, page.stderr) == (0, "")
    commands, settings = page.stdout.split("\nCOMMANDS\n")[1].split("\nENVIRONMENT\n")
    assert re.findall(r"^   (\w+)", commands, re.M) == ["check", "token", "inspect", "serve"]
    assert re.findall(r"^       (TINYBIRD_\w+)$", settings, re.M) == re.findall(r"^\| `(TINYBIRD_\w+)` \|", README, re.M)
    assert "--listen" in commands and "default: 48h" in settings


def test_its_page_has_fewer_and_smaller_scripts(unpacked: Path, page: Path) -> None:
    share = unpacked / "usr/share"
    for name, content in contents(page).items():
        path = share / "charts-token/htdocs" / name
        # index.html is a configuration file.
        assert (unpacked / path.readlink().relative_to("/") if path.is_symlink() else path).read_bytes() == content
    assert len(list((share / "charts-token/htdocs").iterdir())) == len(contents(page))
    haproxy = share / "doc/charts-token/examples/haproxy/charts-token.cfg"
    assert haproxy.read_bytes() == (page.parent / "charts-token.cfg").read_bytes()


# ---- Apache ----

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
def test_an_upgrade_keeps_what_was_set_and_the_new_program_answers(deb: Path, older: Path) -> None:
    page = "/usr/share/charts-token/htdocs/index.html"
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y libapache2-mod-fcgid
apt-get install -y {older}
(umask 077; cat >/etc/charts-token/key.conf <<'END'
{KEY_CONF}
END
)
echo '<!-- mine -->' >>{page}
echo '# mine' >>/etc/apache2/conf-available/charts-token.conf
# mod_proxy_fcgi is for others.
a2enmod -q fcgid headers proxy_fcgi
a2enconf -q charts-token
apachectl start
await
cp -a /etc/apache2 /root
apt-get install -y {deb}
diff -r /root/apache2 /etc/apache2
apachectl graceful
}} >&2
await
ls -l $(printf '/proc/%s/exe ' $(pidof charts-token)) | sed 's/.* -> //' | grep -v deleted
dpkg-query -W -f '${{Version}}\n' charts-token
cat /etc/charts-token/key.conf
# The page, through another upgrade too.
{{ apt-get install -y --reinstall {deb}
}} >&2
curl -s http://localhost/charts-token/ | tail -n 1
find /etc/charts-token /usr/share/charts-token -name 'index.html*'
# The web server of that time may not send the secret.
grep -c '^UnsetEnvironment=TINYBIRD_SERVER_SECRET_FILE$' /etc/systemd/system/charts-token.service.d/*
{{ apachectl stop
apt-get purge -y charts-token
}} >&2
find /etc/charts-token /etc/systemd/system -path '*charts-token*' ! -type d
""")
    assert claims_in(answers[0])["scopes"] == SCOPES
    assert answers[1] == "/usr/lib/charts-token/charts-token"
    assert answers[2] == deb.name.split("_")[1]
    assert answers[3:5] == KEY_CONF.splitlines()
    assert answers[5:] == [
        "<!-- mine -->", "/etc/charts-token/index.html", page, "1", "/etc/charts-token/key.conf"]


@as_root
def test_an_upgrade_brings_a_page_that_nobody_has_edited(deb: Path, older: Path) -> None:
    answers = in_layer(f"""
{{ {PREPARE}
apt-get install -y {older}
echo new >/root/new
dpkg-deb -R {deb} /root/tree
cp /root/new /root/tree/etc/charts-token/index.html
dpkg-deb -Zgzip -z1 -b /root/tree /root/new.deb
apt-get install -y /root/new.deb
}} >&2
cat /usr/share/charts-token/htdocs/index.html
""")
    assert answers == ["new"]


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


# ---- The service ----

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
