"""A Tinybird workspace: pipes that Tinybird's own template engine renders and ClickHouse runs, behind tokens.

Answers as Tinybird's documentation says (https://www.tinybird.co/docs/api-reference/pipe-api and /query-api).
"""

from __future__ import annotations

import json
import re
import textwrap
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
from tinybird.sql_template import SQLTemplateCustomError, render_sql_template

from Support import clickhouse
from Support.clock import Clock
from Support.tokens import KEY, WORKSPACE

# What a request may set of ClickHouse's output.
OUTPUT = ("output_format_json_quote_64bit_integers", "output_format_json_quote_denormals")

ADMIN = {"type": "ADMIN"}


class Refused(Exception):
    """A status with a reason."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Pipe:
    """The SQL of a pipe's nodes by their names, in order; `endpoint` names the published one."""
    name: str
    nodes: dict[str, str]
    endpoint: str | None = "endpoint"

    @property
    def id(self) -> str:
        return identifier(self.name)

    def render(self, parameters: dict[str, Any]) -> str:
        """The SQL of the endpoint, with the other nodes before it."""
        nodes = {
            name: render_sql_template(sql[1:], parameters)[0] if sql.startswith("%") else sql
            for name, sql in self.nodes.items()}
        others = ", ".join(f"{name} AS ({sql}\n)" for name, sql in nodes.items() if name != self.endpoint)
        return f"{others and 'WITH ' + others} SELECT * FROM ({nodes[self.endpoint]}\n)"

    def description(self) -> dict:
        return {
            "id": self.id, "name": self.name, "type": "endpoint" if self.endpoint else "default",
            "endpoint": self.endpoint and identifier(f"{self.name}.{self.endpoint}"),
            "nodes": [
                {"id": identifier(f"{self.name}.{name}"), "name": name, "sql": sql, "materialized": None}
                for name, sql in self.nodes.items()]}


def identifier(name: str) -> str:
    return f"t_{uuid.uuid5(uuid.NAMESPACE_DNS, name).hex}"


class Workspace:
    """Its data sources are tables of this process's ClickHouse."""

    def __init__(self, key: str = KEY, id: str = WORKSPACE, clock: Clock | None = None) -> None:
        self.key = key
        self.id = id
        self.clock = clock or Clock()
        # Tokens of people: they read what the admin token reads, but sign nothing.
        self.personal: set[str] = set()
        self.pipes: dict[str, Pipe] = {}
        self.data_sources: set[str] = set()

    def create(self, name: str, columns: str, rows: str) -> None:
        """A data source with the rows that a query gives."""
        clickhouse.query(f"CREATE OR REPLACE TABLE {name} ({columns}) ENGINE = Memory")
        clickhouse.query(f"INSERT INTO {name} {rows}")
        self.data_sources.add(name)

    def publish(self, name: str, sql: str, endpoint: str | None = "endpoint", **others: str) -> None:
        """A pipe with an endpoint, which may select from other nodes."""
        self.pipes[name] = Pipe(name, {**others, "endpoint": sql}, endpoint)

    def deploy(self, name: str, file: str) -> None:
        """A pipe as its `.pipe` file has it (https://www.tinybird.co/docs/forward/dev-reference/datafiles/pipe-files)."""
        nodes = re.findall(r"^NODE (\w+)\nSQL >\n((?: +.*\n)+)", file, re.M)
        published = re.search(r"^TYPE ENDPOINT$", file, re.M)
        self.pipes[name] = Pipe(
            name, {node: textwrap.dedent(sql).strip() for node, sql in nodes}, nodes[-1][0] if published else None)

    def get(self, path: str, parameters: dict[str, str], token: str) -> bytes:
        """The body of a response to GET."""
        scopes = self.scopes(token)
        if path == "/v0/sql":
            return self.sql(parameters.get("q", ""), scopes)
        if not (found := re.fullmatch(r"/v0/pipes/([^/]+?)(\.json)?", path)):
            raise Refused(404, "Not found")
        for pipe in self.pipes.values():
            if found[1] in (pipe.name, pipe.id):
                return self.data(pipe, parameters, scopes) if found[2] else self.description(pipe, scopes)
        raise Refused(404, f"The pipe '{found[1]}' does not exist")

    def scopes(self, token: str) -> list[dict]:
        """What a token permits."""
        if token in (self.key, *self.personal):
            return [ADMIN]
        try:
            claims = jwt.decode(
                token, self.key, algorithms=["HS256"], options={"require": ["exp"], "verify_exp": False})
        except jwt.PyJWTError as error:
            raise Refused(403, f"invalid authentication token: {error}") from None
        if claims["exp"] <= self.clock.time():
            raise Refused(403, "invalid authentication token: it has expired")
        if claims.get("workspace_id") != self.id or not claims.get("scopes"):
            raise Refused(403, "the token has no access to the workspace")
        return claims["scopes"]

    def description(self, pipe: Pipe, scopes: list[dict]) -> bytes:
        if ADMIN not in scopes:
            raise Refused(403, f"the token has no permission to read the pipe '{pipe.name}'")
        return json.dumps(pipe.description()).encode()

    def data(self, pipe: Pipe, parameters: dict[str, str], scopes: list[dict]) -> bytes:
        """An endpoint's rows; the fixed parameters beat the URL's."""
        for scope in scopes:
            if scope == ADMIN or scope["type"] == "PIPES:READ" and scope["resource"] in (pipe.name, pipe.id):
                break
        else:
            raise Refused(403, f"the token has no permission to read the pipe '{pipe.name}'")
        if not pipe.endpoint:
            raise Refused(404, f"The pipe '{pipe.name}' does not have an endpoint yet")
        try:
            sql = pipe.render({**parameters, **scope.get("fixed_params", {})})
        except SQLTemplateCustomError as error:
            raise Refused(error.code, str(error.err)) from None
        except ValueError as error:
            raise Refused(400, str(error)) from None
        return run(sql, parameters)

    def sql(self, query: str, scopes: list[dict]) -> bytes:
        """A query of data sources: of each, the rows that its scope's filter lets through."""
        if ADMIN in scopes:
            return run(query, {})
        granted = {scope["resource"]: scope for scope in scopes if scope["type"] == "DATASOURCES:READ"}
        for name in self.data_sources - granted.keys():
            if re.search(rf"\b{re.escape(name)}\b", query):
                raise Refused(403, f"the token has no permission to read the data source '{name}'")
        filtered = ", ".join(
            f"{name} AS (SELECT * FROM {name} WHERE {scope.get('filter', 1)}\n)" for name, scope in granted.items())
        return run(f"{filtered and 'WITH ' + filtered} SELECT * FROM ({query}\n)", {})


def run(sql: str, parameters: dict[str, str]) -> bytes:
    settings = ", ".join(f"{name} = {int(parameters.get(name) == '1')}" for name in OUTPUT)
    try:
        return clickhouse.query(f"{sql} SETTINGS {settings}")
    except clickhouse.QueryError as error:
        raise Refused(400, f"[Error] {error}") from None
