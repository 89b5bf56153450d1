"""The documentation's blocks are run by tests, and its links lead somewhere."""

from __future__ import annotations

import re

from Support.readme import BLOCKS, DOCUMENTS, links

USED: set[str] = {
    # Run by test_readme_installation.py and test_readme_commands.py.
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
