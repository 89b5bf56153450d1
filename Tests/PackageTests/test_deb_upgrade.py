"""The Debian package, installed over an older one: what is kept, and what is new.

Installed on the frozen base (Support/base.py), in a layer that is gone afterwards.
"""

from __future__ import annotations

from pathlib import Path

from Support.layers import in_layer
from Support.marks import as_root
from Support.readme import SCOPES, claims_in
from Support.tokens import KEY

# How version 0.1 was configured.
KEY_CONF = f'''Define CHARTS_TOKEN_KEY "{KEY}"
SetEnv TINYBIRD_PIPES sales_by_city'''


@as_root
def test_an_upgrade_keeps_what_was_set_and_the_new_program_answers(deb: Path, older: Path) -> None:
    page = "/usr/share/charts-token/htdocs/index.html"
    answers = in_layer(f"""
{{ apt-get install -y libapache2-mod-fcgid
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
systemctl reload apache2
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
{{ apt-get install -y {older}
echo new >/root/new
dpkg-deb -R {deb} /root/tree
cp /root/new /root/tree/etc/charts-token/index.html
dpkg-deb -Zgzip -z1 -b /root/tree /root/new.deb
apt-get install -y /root/new.deb
}} >&2
cat /usr/share/charts-token/htdocs/index.html
""")
    assert answers == ["new"]
