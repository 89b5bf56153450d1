"""lighttpd/*.conf, as a file of Debian's conf-available."""

from __future__ import annotations

from pathlib import Path

import pytest

from Support.curl import fetch
from Support.lighttpd import Lighttpd
from Support.responder import Responder
from Support.servers import Server
from Support.tokens import assert_the_guides_token
from Support.transports import LighttpdCgi, LighttpdFastCgi, Site

BY_LIGHTTPD = pytest.mark.parametrize("by", [LighttpdFastCgi, LighttpdCgi])


@BY_LIGHTTPD
def test_lighttpd_finds_nothing_to_say_about_it(by: type[Site], directory: Path, program: Path) -> None:
    site = by(directory, program)
    assert isinstance(site.server, Lighttpd)
    checked = site.server.check()
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@BY_LIGHTTPD
def test_modules_that_are_loaded_already_are_no_obstacle(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    site = by(directory, program)
    site.server.modules += ["mod_alias", "mod_setenv", "mod_fastcgi", "mod_cgi"]
    assert site.server.check().stderr == ""
    assert_the_guides_token(fetch(running(site).url).body)


@BY_LIGHTTPD
def test_what_else_the_site_has_goes_on_working(by: type[Site], directory: Path, program: Path, running) -> None:
    other = directory / "other"
    other.mkdir()
    (other / "a.html").write_text("another directory")
    site = by(directory, program, config=f'alias.url = ("/other/" => "{other}/")\n'
              'setenv.set-response-header = ("X-Site" => "yes")')
    (site.server.document_root / "index.html").write_text("the site")
    running(site)
    assert fetch(f"{site.server.url}/").text == "the site"
    answer = fetch(f"{site.server.url}/other/a.html")
    assert (answer.text, answer.headers["x-site"]) == ("another directory", "yes")
    assert_the_guides_token(fetch(site.url).body)


@BY_LIGHTTPD
def test_a_program_that_cannot_run_is_never_sent(by: type[Site], directory: Path, program: Path, running) -> None:
    copy = directory / "charts-token"
    copy.write_bytes(program.read_bytes())
    copy.chmod(0o644)
    site = by(directory, copy)
    try:
        running(site)
        answer = fetch(site.url)
    except AssertionError:
        # As FastCGI, lighttpd itself doesn't start without its program; it may have said before that it has.
        assert by is LighttpdFastCgi and "is executable by lighttpd" in site.log()
        return
    assert answer.status >= 400
    assert b"ELF" not in answer.body


class External(LighttpdFastCgi):
    """The other way that the comment names: a responder with a user of its own, and its socket alone here."""

    def make_server(self, key: str | None) -> Server:
        server = super().make_server(key)
        place = self.directory / "responder"
        place.mkdir()
        self.responder = Responder(place, self.program, {"TINYBIRD_SIGNING_KEY": key or "", **self.settings})
        include = self.directory / self.include
        text = include.read_text()
        first, last = '        "bin-path" ', '        "check-local" '
        begin, end = text.index(first), text.index(last)
        include.write_text(text[:begin] + f'        "socket" => "{self.responder.socket}",\n' + text[end:])
        return server


def test_a_responder_of_its_own_needs_only_its_socket(directory: Path, program: Path, running) -> None:
    assert_the_guides_token(fetch(running(External(directory, program)).url).body)
