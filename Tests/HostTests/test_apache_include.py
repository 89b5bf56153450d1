"""apache/charts-token.conf: where it can stand, which module it picks, and that it fails closed."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from Support.apache import Apache
from Support.curl import fetch
from Support.servers import IS_ROOT
from Support.tokens import KEY, OTHER_KEY, PIPE, assert_the_guides_token, part, signed_by
from Support.transports import INCLUDE, ModCgid, ModFcgid, ModProxyFcgi, Site

BY_THE_INCLUDE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])


def token(answer) -> str:
    assert answer.status == 200, answer
    return answer.text.split('"')[3]


def three_lines(program: Path, directory: Path, pipe: str = PIPE, key: str = KEY) -> str:
    """What an administrator writes, with the key's file that belongs to it."""
    key_conf = directory / f"{pipe}.key.conf"
    key_conf.write_text(f'Define CHARTS_TOKEN_KEY "{key}"\n')
    return "\n".join([
        f"Define CHARTS_TOKEN_PROGRAM {program}", f"Define CHARTS_TOKEN_KEY_CONF {key_conf}",
        f"SetEnv TINYBIRD_PIPES {pipe}", f"Include {INCLUDE}"])


@pytest.mark.parametrize("module", ["fcgid", "cgid"])
def test_at_server_level_it_serves_every_virtual_host(directory: Path, program: Path, running, module: str) -> None:
    hosts = "".join(f"\n<VirtualHost *>\nServerName {name}.test\n</VirtualHost>" for name in "ab")
    server = running(Apache(directory, three_lines(program, directory) + hosts, [module]))
    for name in "ab":
        assert_the_guides_token(fetch(f"{server.url}/generate-token", "--header", f"Host: {name}.test").body)


@pytest.mark.parametrize("module", ["fcgid", "cgid"])
def test_two_virtual_hosts_can_have_different_pipes_and_keys(
    directory: Path, program: Path, running, module: str
) -> None:
    first = three_lines(program, directory, "first", KEY)
    second = three_lines(program, directory, "second", OTHER_KEY)
    server = running(Apache(
        directory,
        f"<VirtualHost *>\nServerName first.test\n{first}\n</VirtualHost>\n"
        f"<VirtualHost *>\nServerName second.test\n{second}\n</VirtualHost>",
        [module]))
    for name, key in [("first", KEY), ("second", OTHER_KEY), ("first", KEY)]:
        answer = token(fetch(f"{server.url}/generate-token", "--header", f"Host: {name}.test"))
        assert f'"resource":"{name}"' in part(answer, 1)
        assert signed_by(answer, key)


@pytest.mark.parametrize("modules, chosen, key, handler", [
    # Nobody listens at the socket: 503 by mod_proxy.
    ("proxy proxy_fcgi fcgid cgid", "", "", "proxy-server"),
    ("fcgid cgid", "", "", "fcgid-script"),
    ("cgid", "", "", "cgi-script"),
    # As up to version 0.1.
    ("proxy proxy_fcgi fcgid cgid", "", KEY, "fcgid-script"),
    ("proxy proxy_fcgi cgid", "", KEY, "proxy-server"),
    ("proxy proxy_fcgi fcgid cgid", "proxy", KEY, "proxy-server"),
    ("proxy proxy_fcgi fcgid cgid", "fcgid", "", "fcgid-script"),
    ("proxy proxy_fcgi fcgid cgid", "cgi", "", "cgi-script"),
    # What is chosen and can't be is nothing.
    ("proxy proxy_fcgi cgid", "fcgid", KEY, ""),
    ("fcgid cgid", "proxy", KEY, ""),
    ("proxy proxy_fcgi fcgid", "cgi", KEY, ""),
    ("proxy proxy_fcgi fcgid cgid", "FastCGI", KEY, ""),
])
def test_it_prefers_proxy_to_fcgid_to_cgi_unless_told_otherwise(
    directory: Path, program: Path, running, modules: str, chosen: str, key: str, handler: str
) -> None:
    lines = [three_lines(program, directory, key=key), "Header always set X-Handler expr=%{HANDLER}",
             f"Define CHARTS_TOKEN_SOCKET {directory}/none.sock"]
    if not key:
        (directory / f"{PIPE}.key.conf").unlink()
    if chosen:
        lines.append(f"Define CHARTS_TOKEN_BY {chosen}")
    server = running(Apache(directory, "\n".join(reversed(lines)), [*modules.split(), "headers"]))
    answer = fetch(f"{server.url}/generate-token")
    assert answer.headers["x-handler"] == handler
    # 503 also where there is no key; and never the program's own bytes.
    assert answer.status == (200 if key and handler in {"fcgid-script", "cgi-script"} else 503)


def test_without_a_module_to_run_it_the_answer_is_503(directory: Path, program: Path, running) -> None:
    server = running(Apache(directory, three_lines(program, directory), ["headers"]))
    assert fetch(f"{server.url}/generate-token").status == 503


OPTIONAL_MODULES = ["alias", "authz_core", "cgid", "fcgid", "proxy"]


@pytest.mark.parametrize("left_out", [
    subset for size in range(len(OPTIONAL_MODULES) + 1) for subset in itertools.combinations(OPTIONAL_MODULES, size)
], ids=lambda subset: "without " + " ".join(subset) if subset else "with all")
def test_with_any_modules_apache_starts_and_never_sends_the_program(
    directory: Path, program: Path, running, left_out: tuple[str, ...]
) -> None:
    modules = [name for name in OPTIONAL_MODULES if name not in left_out]
    # Not SetEnv, which is mod_env's, and neither mod_dir nor mod_headers nor mod_mime.
    lines = [f"Define CHARTS_TOKEN_PROGRAM {program}", f"Include {INCLUDE}"]
    server = running(Apache(directory, "\n".join(lines), modules, base_modules=["mpm_event"]))
    runs = "alias" in modules and bool({"cgid", "fcgid"} & set(modules))
    for path in ["/generate-token", "/generate-token/", "/charts-token", "/charts-token/../charts-token"]:
        answer = fetch(server.url + path)
        assert b"\x7fELF" not in answer.body
        assert answer.status >= 300
    # 503: the program, which has no settings here, or Apache, which can't run it.
    answer = fetch(f"{server.url}/generate-token")
    if "authz_core" not in modules:
        # Apache refuses whatever it can't check access to.
        assert answer.status in {500, 503}
    else:
        assert answer.status == (503 if "alias" in modules else 404)
        assert (b'{"error"' in answer.body) == runs


def test_a_program_that_cannot_run_never_keeps_apache_from_starting(directory: Path, program: Path, running) -> None:
    copy = directory / "charts-token"
    copy.write_bytes(program.read_bytes())
    copy.chmod(0o644)
    running(ModFcgid(directory, copy).server)


@BY_THE_INCLUDE
def test_a_missing_program_or_key_never_keeps_apache_from_starting(
    by: type[Site], directory: Path, running
) -> None:
    site = by(directory, directory / "nowhere" / "charts-token", key=None)
    running(site.server)
    assert fetch(site.url).status in {403, 404, 503}


def test_a_htaccess_file_beside_the_program_is_not_read(directory: Path, program: Path, running) -> None:
    home = directory / "home"
    home.mkdir()
    copy = home / "charts-token"
    copy.hardlink_to(program)
    (home / ".htaccess").write_text("SetHandler none\nSetEnv TINYBIRD_TOKEN_NAME other\n")
    site = running(ModFcgid(directory, copy, global_config="<Directory />\nAllowOverride All\n</Directory>"))
    assert_the_guides_token(fetch(site.url).body)


def test_a_program_that_nobody_can_read_still_runs(directory: Path, program: Path, running) -> None:
    copy = directory / "charts-token"
    copy.write_bytes(program.read_bytes())
    copy.chmod(0o711)
    assert_the_guides_token(fetch(running(ModFcgid(directory, copy)).url).body)


@BY_THE_INCLUDE
def test_a_site_that_proxies_everything_else_keeps_the_endpoint_and_the_page(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    # Port 1 answers nothing, so that 503 says what was passed on.
    site = by(directory, program, config="ProxyPass / http://127.0.0.1:1/")
    site.server.modules += [name for name in ["proxy", "proxy_http"] if name not in site.server.modules]
    running(site)
    assert_the_guides_token(fetch(site.url).body)
    assert fetch(f"{site.server.url}/charts-token/").status == 200
    assert fetch(f"{site.server.url}/anything").status == 503


@BY_THE_INCLUDE
def test_a_front_controller_needs_the_rules_of_the_comment(
    by: type[Site], directory: Path, program: Path, running
) -> None:
    rules = [line.split("needs, in")[-1].split("RewriteRule ")[1:] for line in INCLUDE.read_text().splitlines()
             if line.startswith("# front of them:")]
    first, second = (rule.split("   ")[0].strip() for rule in rules[0])
    controller = "RewriteRule ^ /index.html"
    site = by(directory, program, config="\n".join(
        ["RewriteEngine on", *(f"RewriteRule {rule}" for rule in (first, second)), controller]))
    site.server.modules.append("rewrite")
    (site.server.document_root / "index.html").write_text("the site")
    running(site)
    assert_the_guides_token(fetch(site.url).body)
    assert b"<html" in fetch(f"{site.server.url}/charts-token/").body
    assert fetch(f"{site.server.url}/anything").text == "the site"


@BY_THE_INCLUDE
def test_nothing_of_it_stays_defined(by: type[Site], directory: Path, program: Path, running) -> None:
    # Apache leaves what isn't defined as it is.
    names = [line.split()[1] for line in INCLUDE.read_text().splitlines() if line.startswith("UnDefine")]
    assert len(names) >= 9
    lines = "\n".join(f'Header set X-{index} "${{{name}}}"' for index, name in enumerate(names))
    site = running(by(directory, program, config=lines))
    for _ in range(2):
        headers = fetch(site.url).headers
        assert [headers[f"x-{index}"] for index in range(len(names))] == [f"${{{name}}}" for name in names]
        site.server.reload()


def test_the_keys_file_may_have_a_space_in_its_path(directory: Path, program: Path, running) -> None:
    site = ModFcgid(directory, program)
    spaced = directory / "a key.conf"
    site.key_conf.rename(spaced)
    site.server.config = site.server.config.replace(str(site.key_conf), f'"{spaced}"')
    assert_the_guides_token(fetch(running(site).url).body)


def test_the_programs_path_may_not_which_the_comment_says(directory: Path, program: Path, running) -> None:
    spaced = directory / "a program"
    spaced.hardlink_to(program)
    site = ModFcgid(directory, program)
    site.server.config = site.server.config.replace(
        f"CHARTS_TOKEN_PROGRAM {program}", f'CHARTS_TOKEN_PROGRAM "{spaced}"')
    assert fetch(running(site).url).status == 500
    assert "The program's path can't have a space" in INCLUDE.read_text()


# The program forbids core files, and with them everybody but root to read its environment.
AS_ROOT = pytest.mark.skipif(not IS_ROOT, reason="only root can read the program's environment")


def environment_of_the_program(server: Apache) -> set[str]:
    """The process environment of each program that the server has started."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = stat.read_text().partition("(")[2].rpartition(")")
            if name == "charts-token" and int(rest.split()[2]) == server.pid:
                found |= {text.decode() for text in (stat.parent / "environ").read_bytes().split(b"\0") if text}
        except OSError:
            pass  # it has ended
    return {text for text in found if not text.startswith("PATH=")}


@AS_ROOT
@pytest.mark.parametrize("own, expected", [
    ("", {f"TINYBIRD_SIGNING_KEY={KEY}", "TINYBIRD_THREADS=1"}),
    # What FcgidInitialEnv says never arrives, and a line of one's own behind the Include replaces the include's.
    ("FcgidInitialEnv OTHER x", {f"TINYBIRD_SIGNING_KEY={KEY}", "TINYBIRD_THREADS=1"}),
    ('FcgidCmdOptions "{program}" InitialEnv OWN=x', {"OWN=x"}),
])
def test_mod_fcgids_processes_get_the_environment_that_the_comment_says(
    directory: Path, program: Path, running, own: str, expected: set[str]
) -> None:
    site = running(ModFcgid(directory, program, config=own.format(program=program)))
    fetch(site.url)
    assert environment_of_the_program(site.server) == expected


@AS_ROOT
def test_without_a_key_mod_fcgids_processes_have_one_thread_too(directory: Path, program: Path, running) -> None:
    site = running(ModFcgid(directory, program, key=None, config="FcgidInitialEnv TINYBIRD_SIGNING_KEY x"))
    assert fetch(site.url).status == 503
    assert environment_of_the_program(site.server) == {"TINYBIRD_THREADS=1"}


@pytest.mark.parametrize("module", ["fcgid", "cgid"])
def test_renewal_is_one_virtual_hosts_and_not_the_nexts(
    directory: Path, program: Path, running, module: str
) -> None:
    renewing = "Define CHARTS_TOKEN_RENEWAL 7d\n" + three_lines(program, directory, "renewing")
    without = three_lines(program, directory, "without")
    server = running(Apache(
        directory,
        f"<VirtualHost *>\nServerName renewing.test\n{renewing}\n</VirtualHost>\n"
        f"<VirtualHost *>\nServerName without.test\n{without}\n</VirtualHost>",
        [module]))
    for name, status in [("renewing", 401), ("without", 200)]:
        answer = fetch(f"{server.url}/generate-token", "--header", f"Host: {name}.test",
                       "--header", "Authorization: Bearer x")
        assert answer.status == status
