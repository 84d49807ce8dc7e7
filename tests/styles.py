"""One list of entries written in all the ways in which people write aws-auth."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.syntax import nodes
from authmap.syntax.yaml import go_types, parser
from authmap.syntax.yaml.go_types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

Entries = list[dict[str, Any]]


class Written(NamedTuple):
    """A file, and the quotes that its section's text stands in."""

    data: bytes
    quote: str = ""

    def meant(self, stretch: str) -> str:
        """The value that a stretch of the file stands for, if it is a scalar."""
        if self.quote == '"':
            stretch = json.loads(f'"{stretch}"')
        elif self.quote:
            stretch = stretch.replace("''", "'")
        try:
            root = next(parser.parse(stretch)).root
        except (nodes.TreeError, StopIteration):
            return "(collection)" if stretch in ("{", "[") else stretch  # its first line
        if not isinstance(root, nodes.Scalar):
            return "(collection)"
        if "\\" in stretch and not root.style:  # a part of what stands in inner quotes
            return str(json.loads(f'"{stretch}"'))
        return root.value


# the list itself


def scalar(value: Any, *, flow: bool = False) -> str:
    """A value as it stands in YAML: without quotes where that is safe."""
    if not isinstance(value, str):
        return json.dumps(value)
    letters = "" if flow else "{}"
    plain = re.fullmatch(rf"[A-Za-z_.][\w/@:.{letters}-]*(?<!:)", value, re.ASCII)
    if plain and go_types.resolve(value, None, True)[0] is Kind.STRING:
        return value
    return json.dumps(value, ensure_ascii=False)


def block(entries: Entries, step: str = "  ") -> str:
    lines = []
    for entry in entries:
        fields = []
        for key, value in entry.items():
            if isinstance(value, list) and value:
                fields.append(f"{key}:")
                fields += [f"{step}- {scalar(item)}" for item in value]
            else:
                fields.append(f"{key}: {scalar(value)}")
        lead = ["- ", *["  "] * len(fields)]
        lines += [begin + field for begin, field in zip(lead, fields or ["{}"], strict=False)]
    return "".join(line + "\n" for line in lines)


def flow(entries: Entries) -> str:
    def one(value: Any) -> str:
        if isinstance(value, list):
            return f"[{', '.join(map(one, value))}]"
        if isinstance(value, dict):
            return f"{{{', '.join(f'{key}: {one(item)}' for key, item in value.items())}}}"
        return scalar(value, flow=True)

    return one(entries)


def as_json(entries: Entries, indent: int | None = None) -> str:
    separators = (",", ":") if indent is None else None
    return json.dumps(entries, ensure_ascii=False, indent=indent, separators=separators)


# the list as a text in a YAML file: what stands behind `mapRoles: `


def literal(text: str, pad: str = "    ", header: str = "") -> str:
    chomping = "" if text.endswith("\n") else "-"
    lines = "".join(
        f"{pad}{line}\n" if line else "\n" for line in text.removesuffix("\n").split("\n")
    )
    return f"|{chomping}{header}\n{lines}"


def folded(text: str, pad: str = "    ") -> str:
    """A break between two lines without indentation is written as an empty line."""
    doubled = re.sub(r"(?m)^(\S.*)\n(?=\S)", r"\1\n\n", text)
    return ">" + literal(doubled, pad)[1:]


def double(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) + "\n"


def double_lines(text: str, pad: str = "    ") -> str:
    r"""Each line broken with a backslash: `\n\` at its end, and one before its blanks."""
    lines = [json.dumps(line, ensure_ascii=False)[1:-1] for line in text.split("\n")]
    begun = [re.sub("^(?= )", r"\\", line) for line in lines]
    return '"' + f"\\n\\\n{pad}".join(begun) + '"\n'


def single(text: str, pad: str = "    ") -> str:
    """Of lines without indentation."""
    quoted = text.replace("'", "''").replace("\n", f"\n\n{pad}")
    return f"'{quoted}'\n"


# the file around it

HEAD = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: aws-auth
  namespace: kube-system
data:
  mapRoles: """


def manifest(value: str) -> bytes:
    return (HEAD + value).encode()


def indented(text: str, by: int) -> str:
    return "".join(" " * by + line if line.strip() else line for line in text.splitlines(True))


def config_map(text: str) -> dict[str, Any]:
    metadata = {"name": "aws-auth", "namespace": "kube-system"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata,
        "data": {"mapRoles": text},
    }


def kubectl_yaml(entries: Entries) -> bytes:
    """As `kubectl get -o yaml` gives an object that was applied: with a copy in an annotation."""
    applied = json.dumps(config_map(block(entries)))
    return f"""\
apiVersion: v1
data:
  mapRoles: {literal(block(entries))}kind: ConfigMap
metadata:
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {applied}
  creationTimestamp: "2024-01-01T00:00:00Z"
  name: aws-auth
  namespace: kube-system
  resourceVersion: "12345"
""".encode()


def listed(text: str) -> bytes:
    lines = indented(text, 2).split("\n", 1)
    return f"apiVersion: v1\nkind: List\nitems:\n- {lines[0].strip()}\n{lines[1]}".encode()


def as_file(found: Any, **options: Any) -> bytes:
    return (json.dumps(found, **options) + "\n").encode()


SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: x\n"

WAYS: dict[str, Callable[[Entries], Written]] = {
    "literal": lambda e: Written(manifest(literal(block(e)))),
    "literal, stripped": lambda e: Written(manifest(literal(block(e).rstrip("\n")))),
    "literal with a comment": lambda e: Written(manifest(literal(block(e), header=" # why"))),
    "folded": lambda e: Written(manifest(folded(block(e)))),
    "double quotes": lambda e: Written(manifest(double(block(e))), '"'),
    "double quotes over lines": lambda e: Written(manifest(double_lines(block(e))), '"'),
    "flow in a literal": lambda e: Written(manifest(literal(flow(e)))),
    "flow in single quotes": lambda e: Written(manifest(single(flow(e))), "'"),
    "flow in double quotes": lambda e: Written(manifest(double(flow(e))), '"'),
    "flow, native": lambda e: Written(manifest(flow(e) + "\n")),
    "JSON in a literal": lambda e: Written(manifest(literal(as_json(e)))),
    "JSON in a literal, indented": lambda e: Written(manifest(literal(as_json(e, 2)))),
    "JSON, folded": lambda e: Written(manifest(folded(as_json(e, 2)))),
    "JSON in single quotes": lambda e: Written(manifest(single(as_json(e))), "'"),
    "JSON in single quotes over lines": lambda e: Written(manifest(single(as_json(e, 0))), "'"),
    "JSON in double quotes": lambda e: Written(manifest(double(as_json(e))), '"'),
    "JSON without quotes": lambda e: Written(
        manifest("--- " + as_json(e).replace(" ", "\\u0020") + "\n")
    ),
    "JSON, native": lambda e: Written(manifest(as_json(e, 2) + "\n")),
    "block, native": lambda e: Written(manifest("\n" + indented(block(e), 2))),
    "JSON file": lambda e: Written(as_file(config_map(block(e)), indent=2), '"'),
    "JSON file of one line": lambda e: Written(as_file(config_map(block(e))), '"'),
    "JSON file that holds JSON": lambda e: Written(as_file(config_map(as_json(e)), indent=4), '"'),
    "JSON file, kind List": lambda e: Written(
        as_file({"kind": "List", "items": [config_map(block(e))]}, indent=1), '"'
    ),
    "kind List": lambda e: Written(listed(manifest(literal(block(e))).decode())),
    "patch": lambda e: Written(f"data:\n  mapRoles: {literal(block(e))}".encode()),
    "patch in JSON": lambda e: Written(as_file({"data": {"mapRoles": block(e)}}), '"'),
    "bare list": lambda e: Written(block(e).encode()),
    "bare list in JSON": lambda e: Written(as_json(e, 2).encode()),
    "between documents": lambda e: Written(
        f"# é\n---\n{SERVICE}---\n".encode() + manifest(literal(block(e))) + b"...\n---\nkind: A\n"
    ),
    "CRLF": lambda e: Written(manifest(literal(block(e))).replace(b"\n", b"\r\n")),
    "CRLF, folded": lambda e: Written(manifest(folded(block(e))).replace(b"\n", b"\r\n")),
    "byte order mark": lambda e: Written(b"\xef\xbb\xbf" + manifest(literal(block(e)))),
    "no final newline": lambda e: Written(manifest(literal(block(e))).rstrip(b"\n")),
    "deep": lambda e: Written(manifest(literal(block(e, " " * 9), " " * 24))),
    "trailing blanks": lambda e: Written(manifest(literal(block(e).replace("\n", "  \n")))),
    "kubectl get -o yaml": lambda e: Written(kubectl_yaml(e)),
}
