"""Client certificates: the token is of the name in the certificate that the server has verified."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from Support.curl import fetch
from Support.logins import PER_USER, Certificates, assert_no_token, assert_token_of, with_certificates
from Support.transports import LighttpdCgi, LighttpdFastCgi, ModCgid, ModFcgid, ModProxyFcgi, Site
from Support.waiting import wait_until

BY_APACHE = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid])
BY_TLS = pytest.mark.parametrize("by", [ModFcgid, ModProxyFcgi, ModCgid, LighttpdFastCgi, LighttpdCgi])
BY_VARIABLE = {name: value.replace("REMOTE_USER", "SSL_CLIENT_S_DN_CN") for name, value in PER_USER.items()}


def assert_no_connection(url: str, *options: str) -> None:
    """Checks that TLS itself fails, before any answer."""
    completed = subprocess.run(
        ["curl", "--silent", "--max-time", "60", *options, url], capture_output=True, check=False, timeout=60)
    # 35: in the handshake; 52, 56: at the first read, where TLS 1.3 tells the client.
    assert (completed.returncode in {35, 52, 56}, completed.stdout) == (True, b"")


@BY_TLS
def test_each_certificate_gets_a_token_of_its_name(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates))
    for name in ["alice", "bob"]:
        answer = fetch(site.url, *certificates.trust, *certificates.visitor(name, f"/O=Example/CN={name}"))
        assert_token_of(answer, name)


@BY_TLS
def test_no_certificate_or_a_forged_one_gets_no_connection(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates))
    assert_no_connection(site.url, *certificates.trust)
    assert_no_connection(site.url, *certificates.trust, *certificates.forged("bob", "/CN=bob"))


@BY_TLS
def test_an_optional_certificate_that_is_not_sent_gets_no_token(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates, verify="optional"))
    assert_no_token(fetch(site.url, *certificates.trust), 403)
    answer = fetch(site.url, *certificates.trust, *certificates.visitor("alice", "/CN=alice"))
    assert_token_of(answer, "alice")


@BY_TLS
def test_a_certificate_without_a_name_gets_no_token(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates))
    answer = fetch(site.url, *certificates.trust, *certificates.visitor("nameless", "/O=bob"))
    # mod_ssl refuses the request when SSLUserName finds nothing.
    assert answer.status in {401, 403}
    assert b"eyJ" not in answer.body


NAMES = ["alice:bob", "alice&org_id=bob", '"}],"bob', "alice\\\\bob", "%{REMOTE_USER}", "älice", "bob'--"]


@BY_TLS
def test_a_certificates_name_stands_in_the_token_as_it_is(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates))
    for at, name in enumerate(NAMES):
        answer = fetch(site.url, *certificates.trust, *certificates.visitor(f"visitor {at}", f"/CN={name}"))
        # In openssl's -subj a backslash escapes; mod_ssl writes each of a name's twice, so that no other name equals it.
        assert_token_of(answer, name.replace("\\\\", "\\") if issubclass(by, LighttpdFastCgi) else name)


@BY_APACHE
def test_the_certificates_variables_can_be_named_themselves(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(
        by, directory, program, certificates, lines=["SSLOptions +StdEnvVars"], settings=BY_VARIABLE))
    for name in ["alice", "bob"]:
        answer = fetch(site.url, *certificates.trust, *certificates.visitor(name, f"/CN={name}"))
        assert_token_of(answer, name)


@BY_APACHE
def test_without_stdenvvars_apache_sets_no_such_variable(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates, lines=[], settings=BY_VARIABLE))
    alice = certificates.visitor("alice", "/CN=alice")
    assert_no_token(fetch(site.url, *certificates.trust, *alice), 403)
    wait_until(lambda: "SSL_CLIENT_S_DN_CN is not set" in site.log(), "the line")


@BY_APACHE
def test_the_login_may_be_the_endpoints_alone(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    site = running(with_certificates(by, directory, program, certificates, verify="none", lines=[
        '<Location "/generate-token">', "SSLVerifyClient require", "SSLUserName SSL_CLIENT_S_DN_CN", "</Location>"]))
    alice = certificates.visitor("alice", "/CN=alice")
    assert fetch(f"{site.server.url}/charts-token/", *certificates.trust).status == 200
    # Apache asks for the certificate after it has read the URL, as only TLS 1.2 can without curl's consent.
    assert_token_of(fetch(site.url, "--tls-max", "1.2", *certificates.trust, *alice), "alice")
    completed = subprocess.run(
        ["curl", "--silent", "--max-time", "60", "--tls-max", "1.2", *certificates.trust, site.url],
        capture_output=True, check=False, timeout=60)
    assert b"eyJ" not in completed.stdout


@BY_APACHE
def test_optional_no_ca_would_believe_any_certificate(
    by: type[Site], directory: Path, program: Path, certificates: Certificates, running
) -> None:
    """Why the README says `require`: Apache takes the name from any certificate then, whoever has made it."""
    site = running(with_certificates(by, directory, program, certificates, verify="optional_no_ca"))
    assert_token_of(fetch(site.url, *certificates.trust, *certificates.forged("bob", "/CN=bob")), "bob")
