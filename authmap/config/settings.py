"""The settings of a run: of the command line, else of the configuration file, else defaults."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap import files
from authmap.authenticator.placeholder import braced
from authmap.model.options import OptionError, Options, choice
from authmap.model.reserved_entries import ReservedEntry
from authmap.model.severity import Severity
from authmap.rules.codes import rule_code
from authmap.usernames.template import TemplateError, template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from authmap.authenticator.placeholder import Delimiters
    from authmap.config.file import Config
    from authmap.files import Patterns

DEFAULTS: dict[str, Any] = {
    "select": [],
    "extend-select": [],
    "ignore": [],
    "per-path-ignores": {},
    "severity": {},
    "fail-on": "warning",
    "username-template": "default",
    "delimiters": [],
    "known-entries": [],
    "extra-paths": {},
    "exclude": [],
    "rbac": [],
}
"""What holds where nothing is said; schema/config.json tells what each is."""

COMMAND_LINE, DEFAULT = "command line", "default"
FAIL_ON = ("error", "warning", "note", "never")


class Settings(NamedTuple):
    """What holds in a run.

    Attributes:
        config: the configuration file.
        values: each setting as it was written.
        origins: where each was set: `command line`, `default`, or the path of the file.
        options: what rules and fixes go by.
        fail_on: from which severity on a finding fails the run; None for never.
        exclude: what is passed over below directories.
        rbac: files and directories with RBAC bindings.
        path_ignores: codes or prefixes of rules that do not run in files that match.
        extra_paths: the ways to lists of entries in files that match.
    """

    config: Config
    values: dict[str, Any]
    origins: dict[str, str]
    options: Options
    fail_on: Severity | None
    exclude: Patterns
    rbac: list[str]
    path_ignores: list[tuple[Patterns, tuple[str, ...]]]
    extra_paths: list[tuple[Patterns, tuple[str, ...]]]

    def origin(self, name: str) -> str:
        """Where a setting was set; in the file with its line."""
        origin = self.origins[name]
        return self.config.place(name) if origin == self.config.path else origin

    def options_for(self, path: str) -> Options:
        """The options for one file."""
        ignored, extra = self.options.ignore, self.options.extra_paths
        if self.path_ignores or self.extra_paths:
            folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100
            real = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118
            for patterns, codes in self.path_ignores:
                ignored += codes if files.matches(real, patterns) else ()
            for patterns, ways in self.extra_paths:
                extra += ways if files.matches(real, patterns) else ()
        rendered = "this is a template of a Helm chart" if files.is_in_chart(path) else ""
        return self.options._replace(ignore=ignored, extra_paths=extra, rendered=rendered)


def settings(config: Config, given: Mapping[str, Any], **more: Any) -> Settings:
    """Put together what holds.

    Args:
        config: the configuration file.
        given: settings of the command line by their names; None for what is not given.
        more: fields of `Options` that are no settings.

    Raises:
        OptionError: a value cannot be meant; the message says where it is set.
    """
    values, origins = dict(DEFAULTS), dict.fromkeys(DEFAULTS, DEFAULT)
    for origin, found in ((config.path, config.values), (COMMAND_LINE, given)):
        for name, value in found.items():
            if value is not None:
                values[name], origins[name] = value, origin
    return _Reader(config, values, origins).settings(more)


class _Reader:
    """Makes of the values what they mean."""

    def __init__(self, config: Config, values: dict[str, Any], origins: dict[str, str]) -> None:
        self.config = config
        self.values = values
        self.origins = origins

    def settings(self, more: dict[str, Any]) -> Settings:
        values = self.values
        delimiters = tuple((opening, closing) for opening, closing in values["delimiters"])
        for number, pair in enumerate(delimiters):
            with self.at("delimiters", number):
                _check_marks(pair)
        with self.at("username-template"):
            username_template = template(braced(values["username-template"], delimiters))
        with self.at("fail-on"):
            choice(values["fail-on"], FAIL_ON, "--fail-on")
        for number, pattern in enumerate(values["exclude"]):
            with self.at("exclude", number):
                files.patterns(self.config.folder, [pattern])
        options = Options(
            select=self.codes("select"),
            ignore=self.codes("ignore"),
            extend_select=self.codes("extend-select"),
            severity=self.severities(),
            username_template=username_template,
            reserved=tuple(_reserved(row, delimiters) for row in values["known-entries"]),
            delimiters=delimiters,
            **more,
        )
        return Settings(
            self.config,
            values,
            self.origins,
            options,
            None if values["fail-on"] == "never" else Severity[values["fail-on"].upper()],
            files.patterns(self.config.folder, values["exclude"]),
            self.paths("rbac"),
            self.path_ignores(),
            self.extra_paths(),
        )

    @contextmanager
    def at(self, name: str, *keys: str | int) -> Iterator[None]:
        """What is wrong with a value is said with the place at which it is set."""
        try:
            yield
        except (OptionError, TemplateError) as error:
            place = ""
            if self.origins[name] == self.config.path:
                place = f"{self.config.place(name, *keys)}: "
            raise OptionError(f"{place}{error}") from None

    def codes(self, name: str, *keys: str) -> tuple[str, ...]:
        """Codes and prefixes of rules."""
        found = self.values[name]
        for key in keys:
            found = found[key]
        checked = []
        for number, code in enumerate(found):
            with self.at(name, *keys, number):
                checked.append(rule_code(code))
        return tuple(checked)

    def severities(self) -> dict[str, Severity]:
        """Severities by whole codes."""
        found = {}
        for code, severity in self.values["severity"].items():
            with self.at("severity", code):
                found[rule_code(code, whole=True)] = Severity[severity.upper()]
        return found

    def paths(self, name: str) -> list[str]:
        """Paths of files, as they are named from where we are."""
        folder = self.config.folder if self.origins[name] == self.config.path else ""
        return [os.path.normpath(os.path.join(folder, path)) for path in self.values[name]]  # noqa: PTH118

    def path_ignores(self) -> list[tuple[Patterns, tuple[str, ...]]]:
        """Patterns of paths and the codes that go with them."""
        found = []
        for pattern in self.values["per-path-ignores"]:
            with self.at("per-path-ignores", pattern):
                patterns = files.patterns(self.config.folder, [pattern])
            found.append((patterns, self.codes("per-path-ignores", pattern)))
        return found

    def extra_paths(self) -> list[tuple[Patterns, tuple[str, ...]]]:
        """Patterns of paths and the ways to lists of entries that go with them."""
        found = []
        for pattern, ways in self.values["extra-paths"].items():
            with self.at("extra-paths", pattern):
                found.append((files.patterns(self.config.folder, [pattern]), tuple(ways)))
        return found


def _reserved(row: dict[str, str], delimiters: Delimiters) -> ReservedEntry:
    username = braced(row.get("username", ""), delimiters)
    return ReservedEntry(row["what"], row.get("source", ""), row.get("role", ""), username)


def _check_marks(pair: tuple[str, str]) -> None:
    for mark in pair:
        if re.search(r"[\w\s]", mark) or not mark.isprintable():
            raise OptionError(f"`{mark}` is no mark: it holds a letter, a digit or a blank")
