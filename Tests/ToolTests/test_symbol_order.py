"""packaging/symbol-order, which is generated, fits the program as it is now."""

from __future__ import annotations

import re
import subprocess

from Support.repository import REPOSITORY

OWN = re.compile(r"\$s(7FastCGI|4JOSE|8Tinybird|13TokenEndpoint)")


def test_the_functions_that_it_orders_are_there() -> None:
    ordered = {name for name in (REPOSITORY / "packaging/symbol-order").read_text().split() if OWN.match(name)}
    objects = [path for name in ("FastCGI", "JOSE", "Tinybird", "TokenEndpoint")
               for path in (REPOSITORY / f".build/release/{name}.build").glob("*.o")]
    symbols = set(subprocess.run(
        ["nm", "--defined-only", "--format=just-symbols", *objects], check=True, capture_output=True, text=True).stdout.split())
    gone = ordered - symbols
    assert len(gone) < len(ordered) / 10, f"run packaging/order-symbols: {len(gone)} of {len(ordered)} are gone"
