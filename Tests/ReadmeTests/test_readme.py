"""The documentation's commands and snippets, run as they stand there.

One thing is changed in a block: the example's key `p.…` becomes a real one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from Support.layers import in_layer
from Support.marks import as_root
from Support.readme import BLOCKS, DOCUMENTS, SCOPES, block, claims_in, links
from Support.repository import REPOSITORY
from Support.tinybird import Tinybird
from Support.tokens import KEY, SETTINGS
from Support.transports import ModProxyFcgi

USED: set[str] = {
    "serve", "curl", "answer", "serve-own", "build", "install", "key", "vhost", "restart", "reload", "spawn-fcgi", "htaccess",
    "lighttpd", "check", "check-online", "curl-tinybird", "check-url", "basic", "tests", "tests-long", "one-test",
    # Run by PackageTests.
    "build-deb", "package", "settings", "a2enconf",
    # Run by HostTests/test_readme_logins.py.
    "certificates", "openid", "lighttpd-login", "cors", "renewal",
    # Run by HostTests/test_login_application.py.
    "php", "php-socket", "php-socket-secret", "python", "whoami", "auth-request", "auth-request-whoami", "authorizer-pool",
    "authorizer", "jwt-cookie", "jwt-cookie-php", "php-cors",
    # Run by TenancyTests/test_readme_pipes.py.
    "pipe", "pipe-list",
    # Run by HostTests/test_failover.py.
    "balancer",
    # Run by HostTests/test_data.py.
    "data",
    # Run by BrowserTests/test_readme_charts.py.
    "embed", "draw", "chart-js", "token-client", "controls", "select", "options",
}


def test_every_block_is_tested_or_says_why_not() -> None:
    fences = [comment for text in DOCUMENTS.values() for comment in re.findall(r"^(.*)\n```\w+$", text, re.M)]
    assert all(re.fullmatch(r"<!-- (test: \S+|not tested: .+) -->", comment) for comment in fences), fences
    assert BLOCKS.keys() == USED


def test_every_link_to_a_file_leads_to_one_and_to_a_heading_in_it() -> None:
    assert [link for document in DOCUMENTS for link, leads in links(document) if not leads] == []


# ---- On a fresh Debian with Swift: a real build, of which there is one ----

def meanwhile(block: str) -> str:
    """While a block serves, what is said to do in another shell."""
    return f"""
: >/root/output
{block.strip()} >/root/output & serve=$!
until grep -q "is serving" /root/output; do kill -0 "$serve"; sleep 0.1; done
{BLOCKS["curl"]}
echo
kill "$serve"
wait "$serve"
"""


@pytest.mark.slow
@as_root
def test_the_quick_start_and_the_build() -> None:
    first, own, *version = in_layer(f"""
{meanwhile(BLOCKS["serve"])}
{meanwhile(BLOCKS["serve-own"])}
rm .build/release/charts-token
{{ {BLOCKS["build"]}
}} >&2
.build/release/charts-token --version
""")
    answer, shown = json.loads(first), json.loads(BLOCKS["answer"])
    assert answer.keys() == shown.keys()
    assert answer["expires_in"] == shown["expires_in"]
    assert answer["token"].startswith(shown["token"].rstrip("…"))
    assert claims_in(own)["scopes"] == SCOPES
    assert version[-1].endswith(", linked statically")


# ---- The commands ----

def test_check_reports_the_settings() -> None:
    run = subprocess.run(["bash", "-c", BLOCKS["check"]], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert "sales_by_city" in run.stdout
    assert KEY not in run.stdout


@pytest.fixture
def tinybird() -> Iterator[Tinybird]:
    """The pipe of the README, and orders of two visitors."""
    tinybird = Tinybird()
    tinybird.workspace.create(
        "orders", "city String, amount UInt32, org_id String", "VALUES ('Berlin', 5, 'alice'), ('Rome', 7, 'bob')")
    tinybird.workspace.deploy("sales_by_city", BLOCKS["pipe"])
    yield tinybird
    tinybird.shutdown()
    tinybird.server_close()


def test_check_asks_tinybird(tinybird) -> None:
    run = subprocess.run(
        ["bash", "-c", BLOCKS["check-online"]], cwd=REPOSITORY, capture_output=True, text=True,
        env=os.environ | {"TINYBIRD_API": f"http://127.0.0.1:{tinybird.server_port}"})
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.endswith("ok: the pipe sales_by_city uses org_id\nok: a token opens the pipe sales_by_city: 1 row\n")
    assert KEY not in run.stdout


def test_curl_shows_a_visitors_rows(tinybird) -> None:
    settings = BLOCKS["check-online"].splitlines()[0]
    command = block("curl-tinybird", **{"https://api.tinybird.co": f"http://127.0.0.1:{tinybird.server_port}"})
    run = subprocess.run(["bash", "-c", f"{settings}\n{command}"], cwd=REPOSITORY, capture_output=True, text=True)
    assert json.loads(run.stdout)["data"] == [{"city": "Berlin", "sales": 5}], run.stderr


def test_check_asks_the_site(directory: Path, program: Path) -> None:
    site = ModProxyFcgi(directory, program, settings={**SETTINGS, "TINYBIRD_ALLOWED_ORIGINS": "https://www.example.com"})
    try:
        site.start()
        command = block("check-url", **{"https://your.site/generate-token": site.url})
        run = subprocess.run(["bash", "-c", command], cwd=REPOSITORY, capture_output=True, text=True)
    finally:
        site.close()
    assert run.returncode == 0, run.stdout + run.stderr
    assert "ok: a page of https://www.example.com can read the response" in run.stdout



def test_the_command_for_the_tests_is_the_one_that_ci_runs() -> None:
    command = BLOCKS["tests"].strip()
    assert f"exec {command}" in (REPOSITORY / ".ci/run").read_text()
    assert os.access(REPOSITORY / command, os.X_OK)


def test_the_command_for_one_test_finds_it() -> None:
    run = subprocess.run(
        ["bash", "-c", f"{BLOCKS['one-test'].strip()} --collect-only -q"], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout
    assert "test_answers.py::" in run.stdout


def test_the_command_for_the_long_tests_runs_those_and_no_others() -> None:
    command, _, arguments = BLOCKS["tests-long"].strip().partition(" ")
    assert command == BLOCKS["tests"].strip()
    collect = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", "Tests/HostTests"]

    def collected(*more: str) -> set[str]:
        run = subprocess.run([*collect, *more], cwd=REPOSITORY, capture_output=True, text=True, check=True)
        return {line for line in run.stdout.splitlines() if "::" in line}

    everything, long = collected("-m", ""), collected(*arguments.split())
    assert long and long < everything
    assert collected() == everything - long


# ---- Installation: on this very system, in a layer of it that is gone afterwards ----

@as_root
def test_the_installation_under_debians_apache() -> None:
    site = "/etc/apache2/sites-available/000-default.conf"
    answers = in_layer(f"""
apachectl start >&2
{{ {BLOCKS["install"]}
echo {KEY!r} | {{ {BLOCKS["key"]}
}}
sed -i '/<.VirtualHost>/d' {site}
cp {site} /root/site
cat >>{site} <<'END'
{BLOCKS["vhost"]}
END
echo '</VirtualHost>' >>{site}
{BLOCKS["restart"]}
}} >&2
await
curl -s http://localhost/charts-token/ | grep -c tinybird-chart
stat -c '%a %U' /etc/charts-token/key.conf

# The same, with a login.
{{ cp /root/site {site}
cat >>{site} <<'END'
{BLOCKS["vhost"]}
{BLOCKS["basic"]}
END
echo '</VirtualHost>' >>{site}
printf 'alice:%s\\n' "$(openssl passwd -apr1 secret)" >/etc/apache2/charts.users
{BLOCKS["reload"]}
# Until then the old configuration answers, without a login.
until [ "$(curl -s -m 60 -o /dev/null -w '%{{http_code}}' http://localhost/generate-token)" = 401 ]; do sleep 0.1; done
}} >&2
await -u alice:secret
curl -s -o /dev/null -w '%{{http_code}}\\n' http://localhost/generate-token

# The same by mod_proxy_fcgi.
{{ a2dismod -q fcgid
a2enmod -q proxy_fcgi
{BLOCKS["spawn-fcgi"]}
{BLOCKS["restart"]}
}} >&2
await -u alice:secret
apachectl stop >&2
kill $(pidof charts-token)
""")
    assert len(answers) == 6, answers
    assert claims_in(answers[0])["scopes"] == SCOPES
    assert json.loads(answers[0])["expires_in"] == 3600
    assert int(answers[1]) > 0
    assert answers[2] == "600 root"
    assert answers[4] == "401"
    for answer in (answers[3], answers[5]):
        assert claims_in(answer)["name"] == "charts of alice"
        assert claims_in(answer)["scopes"] == [SCOPES[0] | {"fixed_params": {"org_id": "alice"}}]


@as_root
def test_the_include_by_a2enconf() -> None:
    answers = in_layer(f"""
{{ {BLOCKS["install"]}
echo {KEY!r} | {{ {BLOCKS["key"]}
}}
grep SetEnv >/etc/apache2/conf-available/charts-token-settings.conf <<'END'
{BLOCKS["vhost"]}
END
a2enconf -q charts-token-settings charts-token
apachectl start
}} >&2
await
apachectl stop >&2
""")
    assert claims_in(answers[0])["scopes"] == SCOPES


@as_root
def test_the_lines_for_lighttpd() -> None:
    answers = in_layer(f"""
{{ apt-get install -y lighttpd
{BLOCKS["install"].replace("sudo a2enmod -q fcgid headers", "")}
cat >/etc/lighttpd/conf-available/50-charts-token.conf <<'END'
{BLOCKS["lighttpd"]}
END
cp lighttpd/charts-token.conf lighttpd/charts-token-page.conf /etc/lighttpd/conf-available/
install -D -m 0640 -g www-data /dev/stdin /etc/charts-token/key <<<{KEY!r}
lighty-enable-mod charts-token
install -d -o www-data /run/lighttpd
lighttpd -D -f /etc/lighttpd/lighttpd.conf & server=$!
}} >&2
await
curl -s http://localhost/charts-token/ | grep -c tinybird-chart
kill $server
wait $server || true
""")
    assert claims_in(answers[0])["scopes"] == SCOPES
    assert int(answers[1]) > 0


@as_root
def test_the_commands_for_a_host_with_htaccess() -> None:
    home = Path(tempfile.mkdtemp(prefix="charts-token-home-"))
    try:
        (home / "public_html").mkdir()
        # The site that is there stays as it is.
        (home / "public_html/index.html").write_text("my own page")
        # Without a newline at its end, and so an error of all the site if another line were put right after it.
        (home / "public_html/.htaccess").write_text("FileETag None")
        # Nobody else may read the key's file at any time: not until somebody forbids it, either.
        (home / "chmod").write_text('#!/bin/sh\ncase $* in *charts-token.env*) ;; *) exec /bin/chmod "$@" ;; esac\n')
        (home / "chmod").chmod(0o755)
        subprocess.run(
            ["bash", "-ec", f"umask 022\n{BLOCKS['htaccess']}"], cwd=REPOSITORY, check=True,
            env=os.environ | {"HOME": str(home), "PATH": f"{home}:{os.environ['PATH']}"})
        modes = [stat.filemode((home / name).stat().st_mode) for name in [
            "charts-token", "charts-token/charts-token.env", "charts-token/charts-token"]]
        # A host whose scripts run as the site's user.
        shutil.chown(home, "www-data", "www-data")
        for path in home.rglob("*"):
            shutil.chown(path, "www-data", "www-data")
        answers = in_layer(f"""
{{ sed -i 's|/var/www/html|{home}/public_html|' /etc/apache2/sites-available/000-default.conf
cat >/etc/apache2/conf-enabled/host.conf <<'END'
<Directory {home}/public_html>
    AllowOverride FileInfo AuthConfig Options=ExecCGI
    Require all granted
</Directory>
END
a2enmod -q cgid
apachectl start
}} >&2
await
curl -s http://localhost/charts-token/ | grep -c tinybird-chart
curl -s http://localhost/
apachectl stop >&2
""")
    finally:
        shutil.rmtree(home)
    assert claims_in(answers[0])["scopes"] == SCOPES
    assert int(answers[1]) > 0
    assert answers[2] == "my own page"
    assert modes == ["drwx------", "-rw-------", "-rwx--x--x"]
