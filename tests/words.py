"""The words of the random maps: what people write into an aws-auth map, well and otherwise."""

from __future__ import annotations

A1, A2 = "111111111111", "022222222222"

ARNS = [
    *[f"arn:aws:iam::{A1}:role/staff"] * 4,
    f"arn:aws:iam::{A1}:role/Staff",
    f"arn:aws:iam::{A2}:role/staff",
    f"ARN:aws:iam::{A1}:role/STAFF",
    f"arn:aws:iam::{A1}:role/team/path/staff",
    f"arn:aws:iam::{A1}:role/nodes",
    f"arn:aws:iam::{A1}:role/nodes",
    f"arn:aws:iam::{A1}:role/\u017ftaff",
    f"arn:aws:iam::{A1}:role/\u0130x",
    f"arn:aws:iam::{A1}:role/ix",
    f"arn:aws:iam::{A1}:role/\u212a",
    f"arn:aws:iam::{A1}:role/AWSServiceRoleForBatch",
    f"arn:aws:iam::{A1}:user/alice",
    f"arn:aws:iam::{A1}:user/Alice",
    f"arn:aws:iam::{A1}:user/div/bob",
    f"arn:aws:iam::{A1}:root",
    f"arn:aws:sts::{A1}:assumed-role/staff/x",
    f"arn:aws:sts::{A1}:federated-user/fed",
    f"arn:aws-cn:iam::{A1}:role/staff",
    f"arn:aws-xx:iam::{A1}:role/staff",
    "arn:aws:iam::*:role/staff",
    "arn:aws:iam::11111111111:role/staff",
    f"arn:aws:iam:{A1}:role/staff",
    f" arn:aws:iam::{A1}:role/staff ",
    "arn:aws:iam::<ACCOUNT_ID>:role/staff",
    "staff",
    "${role_arn}",
]
ALICE = [f"arn:aws:iam::{A1}:user/{name}" for name in ("alice", "alice", "Alice", "ALICE")]
USER_ARNS = [*ALICE, *ALICE, *ARNS, *[arn for arn in ARNS if ":role/" not in arn]]
CALLERS = [
    f"arn:aws:sts::{A1}:assumed-role/staff/alice@example.com",
    f"arn:aws:sts::{A1}:assumed-role/Staff/i-0123456789abcdef0",
    f"arn:aws:sts::{A2}:assumed-role/staff/bob",
    f"arn:aws:sts::{A1}:assumed-role/nodes/i-01234567",
    f"arn:aws:sts::{A1}:assumed-role/ix/s",
    f"arn:aws:sts::{A1}:assumed-role/k/s",
    f"arn:aws:sts::{A1}:assumed-role/team/path/staff/s",
    f"arn:aws:iam::{A1}:user/alice",
    f"arn:aws:iam::{A1}:user/ALICE",
    f"arn:aws:iam::{A1}:user/div/bob",
    f"arn:aws:iam::{A1}:root",
    f"arn:aws:sts::{A1}:federated-user/fed",
    f"arn:aws-cn:sts::{A1}:assumed-role/staff/s",
    f"arn:aws:iam::{A1}:role/staff",
    f"arn:aws:iam::{A1}:role/\u017ftaff",
    f"arn:aws:iam::{A2}:user/nobody",
]
NAMES = [
    "staff",
    "staff",
    "admin",
    "role:{{AccountID}}:staff:{{SessionName}}",
    f"role:{A1}:staff:{{{{SessionName}}}}",
    "admin:{{SessionName}}",
    "{{SessionName}}",
    "{{SessionNameRaw}}",
    "{{AccountID}}:{{SessionNameRaw}}",
    "{{AccessKeyID}}",
    "system:node:{{EC2PrivateDNSName}}",
    "system:node:{{SessionName}}",
    "system:admin",
    "<<SessionName>>",
    "{{ SessionName }}",
    "{SessionName}",
    "{{sessionname}}",
    "dev:{{UserName}}",
    "dev:alice",
    "jane doe",
    "one of the staff",
    "emr-containers",
    "\u017f\u00e9\U0001f600",
    "${user}",
    "<USER>",
    "it's",
    'a"b',
    "a\\b",
    "a: b",
    "a #b",
    "@x",
    "`x`",
    "- a",
    "a - b",
    "a/b",
    "%a",
    "! a",
    "x ",
    "",
    "a\tb",
    "a\nb",
    "yes",
    "123",
]
GROUPS = [
    "system:masters",
    "system:bootstrappers",
    "system:nodes",
    "developers",
    "developers",
    "{{SessionName}}",
    "system:{{SessionName}}",
    "system:bootstrappers - system:nodes",
    "system:authenticated",
    "team:{{AccountID}}",
    "<GROUP>",
    "",
]
ACCOUNTS = [A1, A1, A2, "333333333333", "0_1", "1_000", "yes", "12:30", "22222222222"]

# values as they are written in YAML

BOOLEANS = """
y Y yes Yes YES n N no No NO on On ON off Off OFF true True TRUE false False FALSE
""".split()  # noqa: SIM905
NULLS = ["~", "null", "Null", "NULL", ""]
NUMBERS = """
0 123 -1 +1 1_000 0123 0o17 0x1F 0b11 -0b1 089999999999 111111111111 1.0 1e3 .5 5. -.5 1__0 0_
1_0. 0. 1e400 9223372036854775808 99999999999999999999
""".split()  # noqa: SIM905
INFINITIES = [".inf", ".Inf", ".INF", "+.inf", "-.inf", "-.INF", ".nan", ".NaN", ".NAN"]
TEXTS = """
12:30:45 2019-01-01 2001-12-14t21:59:43.10-05:00 = << _1 0x 1.5e 1e . .. ... -- --- :x
""".split()  # noqa: SIM905
"""What looks like something else and is text, or nearly so."""
TYPED = [
    *BOOLEANS, *NULLS, *NUMBERS, *TEXTS,
    "[a]", "{a: b}", "[]", "{}", "[a, [b], {c: d}]", "[a: b, ? c]", "{a, b: }", "{a: {b: c}}",
    "!!str 1", "!!str yes", "!!int '3'", "!!bool yes", "!!float 1", "!!null ~", "!!binary aGk=",
    "!!timestamp 2019-01-01", "!!merge <<", "!foo x", "!foo [a]", "!!python/object x",
    "! 1", "!<tag:yaml.org,2002:str> 1", "!!set {a}", "!!omap [a: b]", "!!map x", "!!seq x",
    "!!str [a]", "&y a", "&y [a]", "&y {a: b}", r'"\x41\u0042"', r'"\'"', "<ACCOUNT_ID>",
]  # fmt: skip
"""Values of every type that YAML knows, behind which the section goes on."""
LOSING = [
    *INFINITIES, "!!int", "!!int x", "!!null x", "!!bool 1", "!!float x", "!!binary ?", "{{a}}",
    "[{{x}}]", "{{SessionName}}", "[a,,b]", "-", "?", ":", "x:", "&", "*", "@", "`", "%", "&y",
    "*y", "*unknown", r'"a\/b"', r'"\ud83d\ude00"', '"unclosed', "'unclosed", "[unclosed",
    "{unclosed", '{rolearn":,"b"}', "a\x07b", "a\u2028b", "\x85", "\ufeffa", "a\t", "\ta", '"a\tb"',
    ">", "|", "# c", "!!str", "!foo", "!", "'a\n    b'", '"a\\\n    b"', "a\n    b", "]", "}",
    "[a", "b}", "a: b", "&y a: b", "{a: b}: c",
]  # fmt: skip
"""Values that mostly lose the section, or end up as something else, or do not."""

OTHER_KEYS = [
    "userid", "userid", "comment", "role_arn", "user", "group", "name", "1", "1.5", "0x10", "true",
    "yes", "2019-01-01", "!!str y", '"<<"', "&k key", "? key\n ",
]  # fmt: skip
"""Keys of an entry beside those of an entry."""
LOSING_KEYS = ["null", "~", "", "{a: b}", "[a]", "? a", "&k", "*k", "9223372036854775808", ".inf"]

# texts

EMPTY = [
    "", " ", "\n", '""', "''", "``", " '' \n", "\xa0", "\x85\n", "\u2003\t", "\x1c", "# x",
    "# x\n---\n", "null", "~", "[]", "---\n", "```", "{}", "{", "- ", "[{}]", "a", "1", "yes",
    "a: b", "rolearn: a", "[a, 1, null]", "- - a\n", "\x00", "!!seq", "!!null", "&x []",
    "|\n  - rolearn: a\n",
]  # fmt: skip
"""Sections in which there is nothing to read, and nothing but that to mistake."""
NOISE = ["# comment\n", "\n", " \n", "  # rolearn: x\n", "- null\n", "- []\n", "- x\n", "- {}\n"]
"""What may stand between two entries."""
LOSING_NOISE = [
    "---\n", "...\n", "...\n", "---\n", "--- # c\n", "%YAML 1.1\n---\n", "%YAML 1.2\n---\n",
    "%TAG ! !x\n---\n", "\t\n", "\t# c\n", "\x85", "\u2028", "\u2029", "\r", "\r\n", "\ufeff",
    "-rolearn: b\n", " username: b\n", "username: c\n", "x: y\n", "null\n", "```\n", '""', "''",
    "``", "{", "}\n", "[]\n", "[" * 12 + "]" * 12 + "\n", "- " * 30 + "x\n", "<<<<<<< HEAD\n",
    "{{- if .Values.x }}\n",
]  # fmt: skip
"""What ends the list, loses all of it, or does not."""
