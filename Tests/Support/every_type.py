"""A data source with a column of every type that ClickHouse has, its extreme values among them, and what ClickHouse
itself says of each value."""

from __future__ import annotations

import json
from itertools import chain
from typing import Any

from Support import clickhouse
from Support.workspace import Workspace

NAN = ["nan", "inf", "-inf"]


def integers(bits: int) -> dict[str, tuple[str, list]]:
    return {
        f"uint{bits}": (f"UInt{bits}", [42, 0, 2 ** bits - 1]),
        f"int{bits}": (f"Int{bits}", [-42, -2 ** (bits - 1), 2 ** (bits - 1) - 1])}


# The name of a column, its type, and values as JSON. A shorter list begins again.
COLUMNS: dict[str, tuple[str, list[Any]]] = {
    **dict(chain.from_iterable(integers(bits).items() for bits in (8, 16, 32, 64, 128, 256))),
    "float32": ("Float32", [0.1, 16777216, 3.4028235e38, 1e-45, *NAN]),
    # This build of ClickHouse loses the third digit of an exponent.
    "float64": ("Float64", [0.0042, -0.0004, 1234567.891, 0.1, 1.7976931348623157e99, 5e-99, -0.0, *NAN]),
    "bfloat16": ("BFloat16", [1.5, -0.25, *NAN]),
    "decimal32": ("Decimal(9, 2)", ["1234567.80", "-0.01", "0.00"]),
    "decimal64": ("Decimal(18, 4)", ["99999999999999.9999", "-1.5000"]),
    "decimal128": ("Decimal(38, 10)", ["9999999999999999999999999999.9999999999", "0.0000000001"]),
    "decimal256": ("Decimal(76, 20)", ["1" * 56 + "." + "2" * 20, "-0.5"]),
    "bool": ("Bool", [True, False]),
    "string": ("String",
    ["Berlin", "00123", "1.10", "1e3", "", " ", "null", "<b>&amp;</b>", "two\nlines", "\U0001d11e e\u0301", "x" * 300]),
    "fixed_string": ("FixedString(4)", ["DE", "1.10", "\u00e9\u00e9"]),
    "low_cardinality": ("LowCardinality(String)", ["007", "Madrid"]),
    "enum8": ("Enum8('open' = 1, 'on hold' = 0, 'closed' = -128)", ["open", "on hold", "closed"]),
    "enum16": ("Enum16('10' = 1, '2' = 32767)", ["10", "2"]),
    "uuid": ("UUID", ["1f484a32-6966-4f63-9312-aadad64d3e12", "00000000-0000-0000-0000-000000000000"]),
    "ipv4": ("IPv4", ["192.0.2.1", "0.0.0.0", "255.255.255.255"]),
    "ipv6": ("IPv6", ["2001:db8::1", "::", "::ffff:192.0.2.1"]),
    "date": ("Date", ["2024-02-29", "1970-01-01", "2149-06-06"]),
    "date32": ("Date32", ["2024-12-31", "1900-01-01", "2299-12-31"]),
    "datetime": ("DateTime", ["2024-02-29 23:59:59", "1970-01-01 00:00:00", "2106-02-07 06:28:15"]),
    # Either side of the changes of clocks.
    "datetime_madrid": ("DateTime('Europe/Madrid')", [
        "2024-03-31 01:59:59", "2024-03-31 03:00:00", "2024-10-27 01:30:00", "2024-10-27 03:30:00",
        "2024-07-01 00:00:00"]),
    "datetime_kathmandu": ("DateTime('Asia/Kathmandu')", ["2024-01-01 00:00:00", "2024-06-30 12:34:56"]),
    "datetime64": ("DateTime64(3)", ["2024-02-29 23:59:59.999", "1900-01-01 00:00:00.000", "2299-12-31 23:59:59.999"]),
    "datetime64_new_york": ("DateTime64(9, 'America/New_York')", [
        "2024-11-03 00:59:59.123456789", "2024-11-03 03:00:00.000000001"]),
    "time": ("Time", ["10:00:00", "-00:00:01", "999:59:59"]),
    "time64": ("Time64(3)", ["10:00:00.123", "23:59:59.999"]),
    **{f"interval_{unit.lower()}": (f"Interval{unit}", [3, -1, 0]) for unit in (
        "Nanosecond", "Microsecond", "Millisecond", "Second", "Minute", "Hour", "Day", "Week", "Month", "Quarter",
        "Year")},
    "array": ("Array(UInt64)", [[1, 2 ** 64 - 1], [], [7]]),
    "array_of_strings": ("Array(String)", [["a", "it's, \"quoted\""], [""], []]),
    "array_of_arrays": ("Array(Array(Nullable(Int8)))", [[[1, None], []], []]),
    "tuple": ("Tuple(UInt8, String)", [[1, "one"], [0, ""]]),
    "named_tuple": ("Tuple(city String, sales UInt64)", [{"city": "Paris", "sales": 2 ** 64 - 1}]),
    "map": ("Map(String, UInt64)", [{"a": 1, "b": 2 ** 64 - 1}, {}]),
    "nested": ("Array(Tuple(city String, sales UInt8))",
    [[{"city": "Paris", "sales": 1}, {"city": "Rome", "sales": 2}], []]),
    "json": ("JSON", [{"a": {"b": [1, "x", None]}, "c": 1.5}, {}]),
    "variant": ("Variant(Array(String), String, UInt64)", [1, "text", ["a", "b"], None]),
    "dynamic": ("Dynamic", [1, "text", [1, 2], None]),
    "point": ("Point", [[1.5, -2]]),
    "ring": ("Ring", [[[0, 0], [10, 0], [10, 10]]]),
    "line_string": ("LineString", [[[0, 0], [10, 0]]]),
    "multi_line_string": ("MultiLineString", [[[[0, 0], [10, 0]]]]),
    "polygon": ("Polygon", [[[[0, 0], [10, 0], [10, 10]]]]),
    "multi_polygon": ("MultiPolygon", [[[[[0, 0], [10, 0], [10, 10]]]]]),
    "qbit": ("QBit(Float32, 2)", [[1, 2.5]]),
    "largest": ("SimpleAggregateFunction(max, UInt64)", [2 ** 64 - 1, 0]),
    "last": ("SimpleAggregateFunction(anyLast, String)", ["0042", ""]),
    **{f"nullable_{name}": (f"Nullable({type})", [None, *values]) for name, type, values in [
        ("uint64", "UInt64", [2 ** 64 - 1, 0]), ("float64", "Float64", [0.5, *NAN]),
        ("decimal", "Decimal(9, 2)", ["0.10"]),
        ("bool", "Bool", [False, True]), ("string", "String", ["", "NULL", "12"]), ("date", "Date", ["2024-02-29"]),
        ("datetime", "DateTime('UTC')", ["2024-02-29 12:00:00"]),
        ("uuid", "UUID", ["1f484a32-6966-4f63-9312-aadad64d3e12"]),
        ("enum", "Enum8('a' = 1)", ["a"]), ("ipv4", "IPv4", ["192.0.2.1"])]},
    "nullable_low_cardinality": ("LowCardinality(Nullable(String))", [None, "", "x"]),
}
ROWS = max(len(values) for _, values in COLUMNS.values())


def publish(workspace: Workspace) -> None:
    """The data source `every_type`, whose `row` numbers the rows from 1, and an endpoint of that name: all columns, or `row`
    and the one that `only` names."""
    rows = (
        json.dumps({"row": row + 1, **{name: values[row % len(values)] for name, (_, values) in COLUMNS.items()}})
        for row in range(ROWS))
    columns = ", ".join(f"{name} {type}" for name, (type, _) in COLUMNS.items())
    workspace.create("every_type", f"row UInt8, {columns}", "FORMAT JSONEachRow " + "\n".join(rows))
    workspace.publish("every_type", """%
        SELECT {% if defined(only) %} row, {{column(only)}} {% else %} * {% end %} FROM every_type
        ORDER BY row LIMIT {{Int32(limit, 100)}}""")


def said(expression: str, limit: int = ROWS) -> list[Any]:
    """What ClickHouse says of each row: `toString(uint8)`, or `formatReadableSize(uint64)`."""
    return [value for (value,) in clickhouse.rows(f"SELECT {expression} FROM every_type ORDER BY row LIMIT {limit}")]
