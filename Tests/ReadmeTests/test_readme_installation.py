"""The documentation's builds and installations, run as they stand there on a Debian of their own (Support/layers.py).

One thing is changed in a block: the example's key `p.…` becomes a real one.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from Support.layers import in_layer
from Support.marks import as_root
from Support.readme import BLOCKS, SCOPES, claims_in
from Support.repository import REPOSITORY
from Support.tokens import KEY


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
