"""Text of protocols and settings is compared, searched and split by its bytes.

To Swift's Character a delimiter and a combining mark after it are one, and to its String's == canonically equivalent texts
are. ByBytes.swift makes the compiler find each use of either.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from Support.repository import REPOSITORY

SHADOWS = Path(__file__).with_name("ByBytes.swift")
BUILD = REPOSITORY / ".build/debug"
# Where the compiler finds the modules that `swift test` has built, and the C libraries.
IMPORTS = [
    f"-I{BUILD}/Modules", "-Xcc", f"-fmodule-map-file={BUILD}/CBuild.build/module.modulemap",
    *(f"-I{REPOSITORY}/Sources/{name}" for name in ("CFastCGI", "CLinux", "COpenSSL"))]


def uses(*sources: Path, module: str) -> list[str]:
    """The lines in `sources` that look at text otherwise than by its bytes."""
    run = subprocess.run(
        ["swiftc", "-typecheck", "-swift-version", "6", "-parse-as-library", "-module-name", module, *IMPORTS,
         *sources, SHADOWS], capture_output=True, text=True, timeout=300)
    assert "error:" not in run.stderr, run.stderr
    return sorted({line.split(" warning:")[0] for line in run.stderr.splitlines()
                   if " warning: " in line and "by bytes" in line and not line.startswith((" ", str(SHADOWS)))})


@pytest.mark.parametrize("module", ["FastCGI", "JOSE", "Tinybird", "TokenEndpoint", "charts-token"])
def test_no_module_looks_at_characters(module: str) -> None:
    assert uses(*(REPOSITORY / "Sources" / module).glob("*.swift"), module=module.replace("-", "_")) == []


@pytest.mark.parametrize("use", [
    'a == "x"', 'a != b', 'b == "x"', 'a.hasPrefix("x")', 'b.hasSuffix("x")', 'a.contains(",")', 'a.contains("${")',
    'a.contains { $0 == "x" }', 'a.first == "x"', 'l.contains(a)', 'a.split(separator: "&")', 'b.split { $0.isWhitespace }',
    'a.split { $0 == "," }', 'a.firstIndex(of: "=")', 'b.lastIndex(of: ":")', 'a.firstIndex { $0 == "c" }', 'a.lowercased()',
    'a.count', 'a.dropFirst()', 'a.prefix { $0 != "e" }', 'a.allSatisfy(\\.isLetter)', 'a.trimmingPrefix("x")', 'a < "x"',
    'a.filter { $0 != " " }',
])
def test_each_way_to_look_at_characters_is_found(use: str, tmp_path: Path) -> None:
    source = tmp_path / "use.swift"
    source.write_text(f"func f(a: String, b: Substring, l: [String]) {{ _ = {use} }}\n")
    assert uses(source, module="Use")


def test_a_switch_over_text_is_found(tmp_path: Path) -> None:
    source = tmp_path / "use.swift"
    source.write_text('func f(a: String) -> Bool { switch a { case "GET": true default: false } }\n')
    assert uses(source, module="Use")
