"""What neighbours on the same server get: each cell of the table in apache/SECURITY.md."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from Support.curl import fetch
from Support.marks import as_root
from Support.neighbours import (
    ANY_TOKEN, NOTHING, OWN_KEY, OWN_SECRET, THE_KEY, THE_SECRET, Tenant, loot, process_steals, table)
from Support.recipes import Caddy, Haproxy, Nginx
from Support.servers import SERVER_USER
from Support.tokens import PIPE, assert_the_guides_token
from Support.transports import (
    HtaccessWrapper, LighttpdFastCgi, LighttpdService, ModCgid, ModFcgid, ModProxyFcgi, Site, put_key)

AUTHOR = "an author of .htaccess (`AllowOverride FileInfo`)"
WITH_INFO = "the same, where mod_info is loaded"
SAME_USER = "a process of the web server's user"
OTHER_USER = "a process of another user"
WAYS = {
    "Apache, service": ModProxyFcgi, "Apache, fcgid": ModFcgid, "Apache, cgi": ModCgid,
    ".htaccess, no suEXEC": HtaccessWrapper, "lighttpd starts it": LighttpdFastCgi,
    "lighttpd, service": LighttpdService, "nginx, service": Nginx, "HAProxy, service": Haproxy, "Caddy, service": Caddy,
}
# The better, the later.
LOOT = [NOTHING, THE_SECRET, ANY_TOKEN, THE_KEY]
TABLE = {cell: said for cell, said in table().items() if said != "–"}


def site_of(by: type[Site], directory: Path, program: Path) -> Site:
    """A site whose secrets lie as SECURITY.md and the files' own comments say."""
    if by is LighttpdFastCgi:
        put_key(directory / "key", OWN_KEY)
        settings = {"TINYBIRD_PIPES": PIPE, "TINYBIRD_SIGNING_KEY_FILE": str(directory / "key")}
        return by(directory, program, key=None, settings=settings)
    site = by(directory, program, key=OWN_KEY, secret=OWN_SECRET)
    if by is HtaccessWrapper:
        environment = directory / "home/charts-token.env"
        environment.chmod(0o640)
        shutil.chown(environment, "root", SERVER_USER)
    return site


def test_the_table_names_everybody_and_every_way() -> None:
    assert {line for line, _ in TABLE} == {AUTHOR, WITH_INFO, SAME_USER, OTHER_USER}
    assert {column for _, column in TABLE} == WAYS.keys()
    assert set(TABLE.values()) == set(LOOT)


@as_root
@pytest.mark.parametrize("line, column", TABLE, ids=lambda text: text.replace("`", ""))
def test_each_gets_what_the_table_says(line: str, column: str, directory: Path, program: Path, running) -> None:
    site = site_of(WAYS[column], directory, program)
    tenant = Tenant(site, options="FollowSymLinks") if line in (AUTHOR, WITH_INFO) else None
    running(site)
    assert_the_guides_token(fetch(site.url).body, OWN_KEY)
    if line == AUTHOR:
        got = tenant.steals()
    elif line == WITH_INFO:
        got = max(loot(tenant.get("a.txt", "SetHandler server-info").body), tenant.steals(), key=LOOT.index)
    else:
        got = process_steals(SERVER_USER if line == SAME_USER else "nobody", site)
    assert got == TABLE[line, column]

