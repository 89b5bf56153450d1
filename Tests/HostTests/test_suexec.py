"""Hosts whose scripts run as their owners, by suEXEC: .htaccess with both modules, and the include beside them."""

from __future__ import annotations

import pytest

from Support.layers import in_layer
from Support.marks import as_root
from Support.readme import BLOCKS, SCOPES, claims_in
from Support.tokens import KEY

# Debian's suEXEC runs what is below /var/www, and belongs to the user whom the <VirtualHost> names.
SITE = f"""
apt-get install -y libapache2-mod-fcgid apache2-suexec-pristine
/usr/sbin/useradd --home-dir /var/www/alice --create-home alice
# On Debian 13, new homes are 0700: the web server wouldn't reach what is in them.
chmod 0755 /var/www/alice
mkdir -p /var/www/alice/public_html
HOME=/var/www/alice bash -ec '{BLOCKS["htaccess"].replace("'", chr(39) + chr(92) + chr(39) + chr(39))}'
echo 'SetEnv TINYBIRD_FIXED_PARAMS org_id=by_setenv' >>/var/www/alice/public_html/.htaccess
chown -R alice:alice /var/www/alice
cat >/etc/apache2/sites-available/000-default.conf <<'END'
<VirtualHost *:80>
    DocumentRoot /var/www/alice/public_html
    SuexecUserGroup alice alice
    <Directory /var/www/alice/public_html>
        AllowOverride FileInfo AuthConfig Options=ExecCGI
        Require all granted
    </Directory>
</VirtualHost>
END
"""


@as_root
@pytest.mark.parametrize("module, kept", [("fcgid", True), ("cgid", False)])
def test_the_wrapper_answers_as_its_owner(module: str, kept: bool) -> None:
    answers = in_layer(f"""
{{ {SITE}
# Nobody but the owner may read the settings.
! runuser -u www-data cat /var/www/alice/charts-token/charts-token.env
a2dismod -q fcgid
a2enmod -q suexec {module}
apachectl start
}} >&2
await
apachectl stop >&2
""")
    scopes = claims_in(answers[0])["scopes"]
    # Why the example says to put every setting into the wrapper's file.
    assert scopes == ([SCOPES[0] | {"fixed_params": {"org_id": "by_setenv"}}] if kept else SCOPES)


@as_root
def test_the_include_answers_by_proxy_where_suexec_refuses_its_program() -> None:
    answers = in_layer(f"""
{{ {SITE}
{BLOCKS["install"]}
echo {KEY!r} | {{ {BLOCKS["key"]}
}}
a2enmod -q suexec fcgid proxy_fcgi
sed -i '/^<.VirtualHost>/i SetEnv TINYBIRD_PIPES sales_by_city' /etc/apache2/sites-available/000-default.conf
sed -i '/^<.VirtualHost>/i Include conf-available/charts-token.conf' /etc/apache2/sites-available/000-default.conf
apachectl start
until [ -s /run/apache2/apache2.pid ]; do sleep 0.1; done
}} >&2
curl -s -m 60 -o /dev/null -w '%{{http_code}}\\n' http://localhost/generate-token
grep -c 'command not in docroot' /var/log/apache2/suexec.log
{{ sed -i '/SetEnv TINYBIRD_PIPES/i Define CHARTS_TOKEN_BY proxy' /etc/apache2/sites-available/000-default.conf
{BLOCKS["spawn-fcgi"]}
systemctl restart apache2
}} >&2
await
apachectl stop >&2
kill $(pidof charts-token)
""")
    assert answers[0] == "500"
    assert int(answers[1]) > 0
    assert claims_in(answers[2])["scopes"] == SCOPES
