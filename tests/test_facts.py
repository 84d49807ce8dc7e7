"""Facts about the authenticator, each by name, and its own test data: asked of both."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import need
import oracle
import pytest
import words
from test_differential import CALLERS, agree
from test_differential_rules import is_fixed_as_told, is_told

from authmap import AuthMap
from authmap.documents.read import read

R = "arn:aws:iam::111111111111:role/staff"
U = "arn:aws:iam::111111111111:user/alice"


def role(body: str) -> dict[str, str]:
    """A map whose one role has these lines besides its ARN."""
    return {"mapRoles": f"- rolearn: {R}\n" + "".join(f"  {line}\n" for line in body.splitlines())}


def bomb(levels: int, width: int) -> str:
    lines = (f"- &a{n} [{', '.join([f'*a{n - 1}'] * width)}]\n" for n in range(1, levels))
    return "- &a0 x\n" + "".join(lines)


WORDS = [*words.BOOLEANS, *words.NULLS[:-1], *words.NUMBERS, *words.INFINITIES, *words.TEXTS]

FACTS: dict[str, dict[str, str]] = {
    # syntax
    "braces are JSON, and no list": {"mapRoles": f'{{"rolearn": "{R}"}}'},
    "braces behind white space": {"mapRoles": f' \n{{"rolearn": "{R}"}}'},
    "a list of JSON": {"mapRoles": f'[{{"rolearn": "{R}", "username": "a"}}]'},
    "JSON's escaped slash": role('username: "a\\/b"'),
    "a single quote escaped in double ones": role('username: "\\\'"'),
    "hundreds of them": role("groups: [" + ", ".join(["\"\\'a\\'b\\\\\""] * 90) + "]"),
    "hundreds of them in one value": role('username: "' + "\\'" * 300 + '"'),
    "several of them": role('username: "\\\'a\\\'"\ngroups: ["\\\'", "\'"]'),
    "an unquoted placeholder": role("username: {{SessionName}}"),
    "braces in a block of their own": {"mapUsers": "{}", "mapAccounts": "{a: b}"},
    "a list as a key": role("? [a]\n: b"),
    "a null key": role("null: 1"),
    "a tilde key": role("~: 1"),
    "an empty key": role(": 1"),
    "an anchor that eats its key": {"mapRoles": f"- &rolearn: {R}\n"},
    "a number as a key": role("1: a\n1.5: b"),
    "a boolean as a key": role("yes: a"),
    "a key above 63 bits": role("9223372036854775808: x"),
    "a value above 63 bits": role("username: 9223372036854775808"),
    "infinity, and the same key again": role("userid: .inf\nuserid: a"),
    "infinity inside, and the same key again": role("x: [.inf, {y: .nan}]\nx: a"),
    "infinity behind the same key": role("userid: a\nuserid: .inf"),
    "infinity, and the key in another case": role("userid: .inf\nUserid: a"),
    "infinity that is merged over": role("userid: .inf\n<<: {userid: a}"),
    "infinity merged, and the same key again": role("<<: {userid: .inf}\nuserid: a"),
    "infinity that is gone, with an alias": role("x: &x .inf\nx: a\ny: *x"),
    "infinity behind equal numbers": role("1: .inf\n0x1: a\nyes: .inf\ntrue: a\n1.0: .inf\n1.00: b"),
    "a null key that is gone": role("x: {null: a}\nx: b"),
    "a null key twice": role("null: a\n~: b"),
    "a large key that is gone": role("x: {9223372036854775808: a}\nx: b"),
    "a list as a key that is gone": role("x: {[a]: b}\nx: c"),
    "a tag that does not fit, and the same key again": role("userid: !!int x\nuserid: a"),
    "a key of base64": role("!!binary dXNlcm5hbWU=: a"),
    "a key in letters and the same of base64": role("username: b\n!!binary dXNlcm5hbWU=: a"),
    "a key of base64 and the same in letters": role("!!binary dXNlcm5hbWU=: a\nusername: b"),
    "a key twice, the last null": role("username: a\nusername: null"),
    "a key twice, the last a number": role("username: a\nusername: 1"),
    "infinity beside a tag that does not fit": role("username: .inf\nuserid: !!int x"),
    "infinity as a key": role(".inf: x"),
    "a time as a key": role("2019-01-01: x"),
    "a merge of text": role("<<: text"),
    "a merge of an anchor": {"mapRoles": f"- &e\n  rolearn: {R}\n  username: a\n- <<: *e\n  groups: [b]\n"},
    "the merge below the keys": {
        "mapRoles": f"- &e\n  rolearn: {R}\n  username: a\n- username: b\n  <<: *e\n"
    },
    "a merge of a list": {
        "mapRoles": f"- &e\n  rolearn: {R}\n- &f\n  username: f\n  rolearn: x\n- <<: [*e, *f]\n"
    },
    "a merge of a list with text": role("<<: [a]"),
    "a merge of a mapping": role("<<: {username: a, groups: [b]}\nusername: c"),
    "a merge twice": role("<<: {username: a}\n<<: {username: b}"),
    "a merge of a merge": role("<<: {<<: {username: a}, groups: [b]}"),
    "a merge behind the keys of another case": role("Username: a\n<<: {username: b}"),
    "a merge with an rolearn": {"mapRoles": f"- <<: {{rolearn: {R}}}\n  username: a\n"},
    "a merge through an alias of its key": role("comment: &m <<\n*m : {username: a}"),
    "a merge through an alias of a list": role("x: &l [{username: a}]\n<<: *l"),
    "merges in one another": role(f"<<: {'{<<: ' * 3000}{{username: a}}{'}' * 3000}"),
    "merges of one thing": {"mapRoles": f"- &e {{rolearn: {R}}}\n- <<: [*e, {{username: a, rolearn: b}}, *e]\n"},
    "a merge in quotes": role('"<<": {username: a}'),
    "a merge in quotes with a bare tag": role('! "<<": {username: a}'),
    "an anchor defined twice": {"mapRoles": f"- &x a\n- &x b\n- rolearn: {R}\n  username: *x\n"},
    "an anchor that contains itself": {"mapRoles": "- &x [*x]\n"},
    "an anchor that is not there": role("username: *x"),
    "an alias": {"mapRoles": f"- rolearn: {R}\n  username: &x a\n  groups: [*x]\n"},
    "a colon inside plain text of a flow": {"mapRoles": '- {rolearn":,"b"}\n'},
    "a colon in a flow beside private characters": {"mapRoles": '- {rolearn: "\ue000\ue001\ue3a9", b":,"c"}\n'},
    "a byte order mark beside private characters": role("username: a\ufeffb\ue000\ue001\ue3aa"),
    "an ARN in a flow": {"mapRoles": f"- {{rolearn: {R}, username: a:b, groups: [c:d]}}\n"},
    "a colon before a bracket": {"mapRoles": f"- {{rolearn: {R}, groups:}}\n"},
    "a verbatim tag in a flow": {"mapRoles": f"- {{rolearn: {R}, groups: [!<tag:yaml.org,2002:str> 1]}}\n"},
    "a byte order mark at the head": {"mapRoles": f"\ufeff- rolearn: {R}\n"},
    "a byte order mark at the end": {"mapRoles": f"- rolearn: {R}\n\ufeff"},
    "a byte order mark inside": role("username: a\ufeffb"),
    "YAML 1.1": {"mapRoles": f"%YAML 1.1\n---\n- rolearn: {R}\n"},
    "YAML 1.2": {"mapRoles": f"%YAML 1.2\n---\n- rolearn: {R}\n"},
    "an alias bomb": {"mapRoles": bomb(8, 10)},
    "many aliases, but few enough": {"mapRoles": bomb(3, 10)},
    "nesting within the bound": role("x: " + "[" * 900 + "]" * 900),
    "nesting beyond the bound": role("x: " + "[" * 10_001 + "]" * 10_001),
    "an unknown tag": role("username: !foo x"),
    "a tag of Python": role("username: !!python/object x"),
    "binary": role("username: !!binary aGk="),
    "binary that is none": role("username: !!binary ?"),
    "a tag that makes a number": role("username: !!int '3'"),
    "a tag that makes a boolean": role("username: !!bool yes"),
    "a null tag on text": role("username: !!null x"),
    **{f"a tag that does not fit: {written}": role(f"username: {written}") for written in ["!!int x", "!!int 1.5", "!!bool 1", "!!float x", "!!null 0", "!!timestamp x"]},
    **{f"a tag that fits: {written}": role(f"username: {written}") for written in ["!!int 0x1F", "!!bool y", "!!float 1", "!!null ~", "!!timestamp 2019-01-01", "!!merge <<", "!!seq x", "! 1"]},
    "a tag that does not fit, on a key": role("!!int x: a"),
    "a text tag on a word": role("username: !!str yes"),
    "a second document": {"mapRoles": f"- rolearn: {R}\n---\n- rolearn: {R}2\n"},
    "a document's end": {"mapRoles": f"- rolearn: {R}\n...\n- rolearn: {R}2\n"},
    "an error in the second document": {"mapRoles": f"- rolearn: {R}\n---\n[\n"},
    "NEL as a line break": {"mapRoles": f"- rolearn: {R}\x85  username: a\n"},
    "a paragraph separator": {"mapRoles": f"- rolearn: {R}\u2029  username: a\n"},
    "a line separator": {"mapRoles": f"- rolearn: {R}\u2028  username: a\n"},
    "a carriage return": {"mapRoles": f"- rolearn: {R}\r  username: a\r"},
    "a tab as indentation": {"mapRoles": f"- rolearn: {R}\n\tusername: a\n"},
    "a tab on a blank line": {"mapRoles": f"- rolearn: {R}\n\t\n  username: a\n"},
    "a tab before a comment": {"mapRoles": f"- rolearn: {R}\n\t# c\n"},
    "a dash without a blank": {"mapRoles": f"- rolearn: {R}\n-rolearn: b\n"},
    "one blank too few": {"mapRoles": f"- rolearn: {R}\n username: b\n"},
    "a control character": role('username: "a\x07"'),
    # plain scalars that are no text
    **{f"the word {word}": {"mapRoles": f"- rolearn: {R}\n  username: {word}\n  groups: [a, {word}, b]\n"} for word in WORDS},
    **{f"the word {word} for an ARN": {"mapRoles": f"- rolearn: {word}\n  username: a\n- rolearn: {R}\n"} for word in ("yes", "~", "1.0", "2019-01-01", "=", ".inf")},
    **{f"the word {word} as a key": role(f"{word}: a") for word in WORDS if word != "<<"},
    "a username that is null": role("username:"),
    "a rolearn that is a number": {"mapRoles": "- rolearn: 123\n  username: a\n"},
    "groups as one text": role("groups: admins"),
    "groups as a mapping": role("groups: {a: b}"),
    "groups of all sorts": role("groups: [a, 1, null, {x: y}, b, yes, [c]]"),
    "entries that are none": {"mapRoles": f"- foo\n- []\n- null\n- 1\n- rolearn: {R}\n"},
    # keys
    "keys in any case": {"mapRoles": f"- ROLEARN: {R}\n  UserName: a\n  GROUPS: [b]\n"},
    "a key with a long s": role("u\u017fername: a"),
    "a key with a Kelvin sign": role("\u212aey: a"),
    "a key twice": role("username: a\nusername: b"),
    "a key in two cases": role("username: a\nUsername: b"),
    "a key in two cases, the last null": role("Username: b\nusername: null"),
    "a key in two cases, the last a number": role("Username: b\nusername: 1"),
    "groups in two cases": role("Groups: [a, b]\ngroups: [c]"),
    "groups in two cases, with a null": role("Groups: [a, b]\ngroups: [null, 1, c]"),
    "an sso that is empty": role("sso: {}"),
    "an sso that is null": role("sso: null"),
    "an sso that is text": role("sso: a"),
    "an sso that is a list": role("sso: []"),
    "a userid": role("userid: AIDAEXAMPLE\nuserID: 1"),
    "sso alone": {"mapRoles": "- sso: {permissionSetName: A, accountID: '111111111111'}\n  username: a\n"},
    "sso with a number": {"mapRoles": "- sso: {permissionSetName: A, accountID: 111111111111}\n"},
    "sso with a partition": {
        "mapRoles": "- sso: {permissionSetName: A, accountID: '111111111111', partition: aws}\n"
    },
    "sso in two cases": {
        "mapRoles": "- SSO: {permissionSetName: A}\n  sso: {accountID: '111111111111'}\n  username: a\n"
    },
    # mapAccounts
    "accounts as they are written": {
        "mapAccounts": "- 011111111111\n- 089999999999\n- 1_000\n- yes\n- 12:30\n- 0x1F\n- .inf\n"
    },
    "an account that begins with zero": {"mapAccounts": "- 022222222222\n"},
    "an account in another spelling of its number": {"mapAccounts": "- 111_111_111_111\n- +111111111111\n"},
    "an account with a blank": {"mapAccounts": "- ' 111111111111'\n"},
    "accounts through an alias": {"mapAccounts": "- &x '111111111111'\n- *x\n- &y [a]\n- *y\n"},
    **{f"the word {word} for an account": {"mapAccounts": f"- a\n- {word}\n- b\n"} for word in WORDS},
    "an account that is null": {"mapAccounts": "- null\n- ~\n-\n- 'null'\n"},
    "an account that is a list": {"mapAccounts": "- [a]\n- {b: c}\n- d\n"},
    "an account with a tag that does not fit": {"mapAccounts": "- '1'\n- !!int foo\n- '2'\n"},
    "accounts that are one text": {"mapAccounts": "111111111111, 222222222222"},
    "accounts as JSON": {"mapAccounts": '["111111111111"]'},
    "accounts as a JSON object": {"mapAccounts": '{"a": "111111111111"}'},
    "an account with text behind a document": {"mapAccounts": "- '111111111111'\n---\n- '2'\n"},
    # who comes in
    "the last of two entries": {"mapRoles": f"- rolearn: {R}\n  username: a\n- rolearn: {R}\n  username: b\n"},
    "the last, in another case": {
        "mapRoles": f"- rolearn: {R}\n  username: a\n- rolearn: {R.upper()}\n  username: b\n"
    },
    "the last, without a name": {"mapRoles": f"- rolearn: {R}\n  username: a\n- rolearn: {R}\n"},
    "a user in mapRoles": {"mapRoles": f"- rolearn: {U}\n  username: 'a{{{{SessionName}}}}'\n"},
    "a role in mapUsers": {"mapUsers": f"- userarn: {R}\n  username: a\n"},
    "a role before a user": {
        "mapRoles": f"- rolearn: {U}\n  username: a\n",
        "mapUsers": f"- userarn: {U}\n  username: b\n",
    },
    "users in two cases": {
        "mapUsers": f"- userarn: {U}\n  username: a\n- userarn: {U.upper()}\n  username: b\n"
    },
    "a user twice": {"mapUsers": f"- userarn: {U}\n  username: a\n- userarn: {U}\n  username: b\n"},
    "a long s in a role": {
        "mapRoles": f"- rolearn: {R.replace('s', chr(0x17F))}\n  username: a\n- rolearn: {R}\n  username: b\n"
    },
    "a dotted I deletes an i": {
        "mapRoles": "- rolearn: arn:aws:iam::111111111111:role/ix\n  username: a\n"
        "- rolearn: arn:aws:iam::111111111111:role/\u0130x\n  username: b\n"
    },
    "a blank before an ARN": {"mapRoles": f"- rolearn: ' {R}'\n  username: a\n"},
    "a blank behind an ARN": {"mapRoles": f"- rolearn: '{R} '\n  username: a\n"},
    "a line break behind an ARN": {"mapRoles": f"- rolearn: |\n    {R}\n  username: a\n"},
    "a wildcard": {"mapRoles": "- rolearn: arn:aws:iam::111111111111:role/*\n  username: a\n"},
    "a partition that does not exist": {"mapRoles": f"- rolearn: {R.replace('aws', 'aws-xx')}\n"},
    "a name of a session with an at sign": role("username: 'a:{{SessionName}}:{{SessionNameRaw}}'"),
    "a user without a session": {"mapUsers": f"- userarn: {U}\n  username: 'a:{{{{SessionName}}}}'\n"},
    "a path": {"mapRoles": "- rolearn: arn:aws:iam::111111111111:role/team/path/staff\n  username: a\n"},
    "an assumed role": {"mapRoles": "- rolearn: arn:aws:sts::111111111111:assumed-role/staff\n"},
    "root": {"mapUsers": "- userarn: arn:aws:iam::111111111111:root\n  username: root\n"},
    "a federated user": {"mapUsers": "- userarn: arn:aws:sts::111111111111:federated-user/fed\n  username: f\n"},
    "an account": {"mapAccounts": "- '111111111111'\n"},
    "an account and a login that fails": {
        "mapRoles": f"- rolearn: {R}\n  username: '{{{{EC2PrivateDNSName}}}}'\n",
        "mapAccounts": "- '111111111111'\n",
    },
    # placeholders
    "every placeholder": role(
        "username: 'a:{{AccountID}}:{{SessionName}}:{{SessionNameRaw}}:{{AccessKeyID}}'\n"
        "groups: ['{{SessionName}}', 'g:{{AccountID}}']"
    ),
    "placeholders misspelt": role("username: 'a:{{ SessionName }}:{{sessionname}}:<<SessionName>>'"),
    "an instance's name": {
        "mapRoles": "- rolearn: arn:aws:iam::111111111111:role/nodes\n"
        "  username: system:node:{{EC2PrivateDNSName}}\n"
    },
    # sections
    "a blank section": {"mapRoles": " \n\t\xa0\x85\u2003"},
    "a section of a file separator": {"mapRoles": "\x1c"},
    "quotes for nothing": {"mapRoles": ' "" ', "mapUsers": "''\n", "mapAccounts": "``"},
    "three backquotes": {"mapRoles": "```"},
    "a comment only": {"mapRoles": "# nothing yet\n"},
    "null only": {"mapRoles": "null"},
    "a text only": {"mapRoles": "staff"},
    "a mapping": {"mapRoles": f"rolearn: {R}\nusername: a\n"},
    "data keys in another case": {"maproles": f"- rolearn: {R}\n", "MAPUSERS": f"- userarn: {U}\n"},
}  # fmt: skip


@pytest.mark.parametrize("name", FACTS)
def test_fact(real: oracle.Oracle, name: str) -> None:
    agree(real, FACTS[name])
    is_told(real, FACTS[name])
    is_fixed_as_told(real, FACTS[name])


@pytest.mark.long
def test_letters_count_as_one_where_they_do_in_go(real: oracle.Oracle) -> None:
    letters = [c for c in map(chr, range(33, 0x110000)) if {c.lower(), c.upper()} != {c}]
    arns = [f"arn:aws:iam::111111111111:user/{letter}" for letter in letters]
    users = "".join(f"- userarn: {arn}\n  username: {arn}\n" for arn in arns)
    answer = real.ask({"mapUsers": users}, [{"arn": arn} for arn in arns])
    found = AuthMap.from_data({"mapUsers": users})
    assert len(letters) > 2500
    for arn, caller in zip(arns, answer["callers"], strict=True):
        theirs = {each["username"] for each in caller["candidates"] or [caller]}
        assert {entry.username for entry in found.index.matches(arn)} == theirs


def test_page_says_what_is_run() -> None:
    page = (Path(__file__).parent.parent / "docs" / "how-it-reads.md").read_text()
    module = (oracle.MODULE / "go.mod").read_text()
    assert f"| {len(FACTS)} | 0 |" in page
    assert f"the answer for {len(CALLERS)} callers per map" in page
    version = re.search(r"sigs.k8s.io/aws-iam-authenticator (v\S+)", module)
    assert version
    assert version[1] in page


@pytest.fixture(scope="session")
def upstream() -> Path:
    """The folder of the authenticator's own maps, in the module cache."""
    if oracle.binary() is None:
        need.unavailable("authenticator", "Go is not installed")
    module = "sigs.k8s.io/aws-iam-authenticator"
    command = ["go", "list", "-m", "-f", "{{.Dir}}", module]
    done = subprocess.run(command, cwd=oracle.MODULE, check=True, capture_output=True, text=True)
    return Path(done.stdout.strip()) / "pkg" / "mapper" / "configmap" / "yaml"


def test_upstream_s_own_maps(real: oracle.Oracle, upstream: Path) -> None:
    answers: dict[str, Any] = {}
    for file in sorted(upstream.glob("*.yaml")):
        [found] = read(file.read_bytes(), file.name).maps
        data = {name: section.text for name, section in found.sections.items()}
        if file.name == "aws-auth-missing-bar.yaml":  # no ConfigMap to the API server
            continue
        agree(real, data)
        answers[file.name] = len(found.roles) + len(found.users)
    assert len(answers) == 6
    assert answers["aws-auth.yaml"] == answers["aws-auth-crazy-case-keys.yaml"] > 0
    assert answers["aws-auth-lower-case-top-keys.yaml"] == 0
