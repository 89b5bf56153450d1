"""A page of another origin: what its browser sends, and what it is to be told (the Fetch standard, CORS protocol)."""

from __future__ import annotations

from Support.curl import Answer

PAGE = "https://www.example.com"


def origin(name: str) -> list[str]:
    return ["--header", f"Origin: {name}" if name else "Origin;"]


def preflight(name: str) -> list[str]:
    return ["--request", "OPTIONS", *origin(name), "--header", "Access-Control-Request-Method: GET",
            "--header", "Access-Control-Request-Headers: authorization"]


def cors(answer: Answer) -> dict[str, str]:
    prefix = "access-control-"
    return {name.removeprefix(prefix): value for name, value in answer.headers.items() if name.startswith(prefix)}


READABLE = {"allow-origin": PAGE, "allow-credentials": "true"}
PREFLIGHT = {
    **READABLE, "allow-methods": "GET, HEAD, OPTIONS", "allow-headers": "Authorization", "max-age": "600"}
