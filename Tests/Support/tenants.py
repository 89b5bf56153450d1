"""Names that a login may bring, made to reach the rows of others: alice's, bob's, and each other's."""

from __future__ import annotations

# What means something to SQL, ClickHouse, Tinybird's templates, the form encoding, JSON or this program.
SPECIAL = [
    # quotes, escapes and comments
    "'", "''", "\\", "\\'", "\\\\'", '"', "`", "$$", "--", "-- ", "/*", "*/", ";", "\\0", "\\n", "\\x27", "\\u0027",
    "\\N", "%27",
    "') --", "']", "')) --", "'; SELECT 1; --", "' OR 1=1 --", "' OR '1'='1", "\\' OR 1=1 --",
    "' UNION ALL SELECT 1 --",
    "','", "', '", "'||'", "' || org_id || '", "'/**/OR/**/''='", "x' IN ('x",
    # lists, patterns and forms
    ",", ", ", ",alice", "[", "]", "['alice']", '["alice"]', '{"alice":1}', "(", ")", "_", "*", "?", "/", "&", "=",
    "+", "#", "%2C",
    # templates and placeholders
    "{{", "}}", "{{ }}", "{{org_id}}", "{{columns('*')}}", "{%", "{% end %}", "{% else %}", "{#", "#}", "{{!",
    "{org_id:String}", "${HOME}", "%{REMOTE_USER}", "%{TINYBIRD_SIGNING_KEY}", "%{", "%", "%%",
    # what can't be seen
    " ", "\t", "\n", "\r", "\r\n", "\b", "\v", "\x01", "\x1a", "\x7f", "\u00a0", "\u0085", "\u200b", "\u200d",
    "\u2028", "\u202e", "\ufeff",
    # what looks like something else, or becomes it when normalized or folded
    "\u2019", "\uff07", "\uff3c", "\uff0c", "\u037e", "\u0301", "\u0338", "\u20dd", "\u00e9", "e\u0301", "\u212b",
    "\u00c5", "A\u030a", "\ufb01", "fi",
    "\u00df", "ss", "\u0130", "\u0131", "\u03c2", "\u03c3", "\U0001f469\u200d\U0001f4bb", "\ufffe",
    "\U0010ffff",
]

TENANTS = sorted({
    "alice", "bob", "Alice", "ALICE", "alic", "Doe, Jane", "alice@example.org", "DOMAIN\\alice", "CN=alice,O=bob",
    " alice", "\ufeffalice",
    "0", "1", "01", "1.0", "1e0", "-1", "0x1", "true", "false", "null", "NULL", "None", "nan", "undefined", "[]", "{}",
    "__no_value__", "org_id", "x" * 255, "x" * 256, "x" * 8000, "\u00e9" * 4000, "'" * 1000, "\\" * 1001,
    *SPECIAL, *(f"alice{special}" for special in SPECIAL), *(f"alice{special}bob" for special in SPECIAL),
})
