"""The settings of a run: the command line overrides the configuration file and the defaults."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from authmap.authenticator.placeholder import braced
from authmap.config.options import check_delimiters
from authmap.files.patterns import compile_patterns, is_in_chart, matches
from authmap.model.options import OptionError, RunOptions, choice
from authmap.model.reserved_entries import ReservedEntry
from authmap.model.severity import Severity
from authmap.rules.codes import rule_code
from authmap.usernames.template import TemplateError, template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from authmap.authenticator.placeholder import Delimiters
    from authmap.config.file import Config
    from authmap.files.patterns import Patterns

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
"""The default of each setting; schema/config.json describes them."""

COMMAND_LINE, DEFAULT = "command line", "default"
FAIL_ON = ("error", "warning", "note", "never")


class Settings(NamedTuple):
    """The settings of a run.

    Attributes:
        config: the configuration file.
        values: each setting as it was written.
        origins: where each was set: `command line`, `default`, or the path of the file.
        options: the options for rules and fixes.
        fail_on: the lowest severity that fails the run; None for never.
        exclude: patterns of the files and directories to skip inside directories.
        rbac: files and directories with RBAC bindings.
        path_ignores: patterns, and codes or prefixes of the rules that do not run in matching
            files.
        extra_paths: patterns, and the paths to lists of entries in matching files.
    """

    config: Config
    values: dict[str, Any]
    origins: dict[str, str]
    options: RunOptions
    fail_on: Severity | None
    exclude: Patterns
    rbac: list[str]
    path_ignores: list[tuple[Patterns, tuple[str, ...]]]
    extra_paths: list[tuple[Patterns, tuple[str, ...]]]

    def origin(self, name: str) -> str:
        """Where a setting was set; for the configuration file, with the line."""
        origin = self.origins[name]
        return self.config.place(name) if origin == self.config.path else origin

    def options_for(self, path: str) -> RunOptions:
        """The options for one file."""
        ignored, extra = self.options.ignore, self.options.extra_paths
        if self.path_ignores or self.extra_paths:
            folder, name = os.path.split(os.path.abspath(path))  # noqa: PTH100
            real = os.path.join(os.path.realpath(folder), name)  # noqa: PTH118
            for patterns, codes in self.path_ignores:
                ignored += codes if matches(real, patterns) else ()
            for patterns, paths in self.extra_paths:
                extra += paths if matches(real, patterns) else ()
        rendered = "this file is a template of a Helm chart" if is_in_chart(path) else ""
        return self.options._replace(ignore=ignored, extra_paths=extra, rendered=rendered)


def settings(config: Config, command_line: Mapping[str, Any], **more: Any) -> Settings:
    """Combine the settings of the command line and the configuration file with the defaults.

    Args:
        config: the configuration file.
        command_line: settings from the command line, by name; None for those that are not set.
        more: fields of `Options` that are not settings.

    Raises:
        OptionError: a value is not valid; the message says where it is set.
    """
    values, origins = dict(DEFAULTS), dict.fromkeys(DEFAULTS, DEFAULT)
    for origin, found in ((config.path, config.values), (COMMAND_LINE, command_line)):
        for name, value in found.items():
            if value is not None:
                values[name], origins[name] = value, origin
    return _Converter(config, values, origins).settings(more)


class _Converter:
    """Converts raw settings to typed ones."""

    def __init__(self, config: Config, values: dict[str, Any], origins: dict[str, str]) -> None:
        self.config = config
        self.values = values
        self.origins = origins

    def settings(self, more: dict[str, Any]) -> Settings:
        values = self.values
        delimiters = tuple((opening, closing) for opening, closing in values["delimiters"])
        for number, pair in enumerate(delimiters):
            with self.at("delimiters", number):
                check_delimiters(pair)
        with self.at("username-template"):
            username_template = template(braced(values["username-template"], delimiters))
        with self.at("fail-on"):
            choice(values["fail-on"], FAIL_ON, "--fail-on")
        for number, pattern in enumerate(values["exclude"]):
            with self.at("exclude", number):
                compile_patterns(self.config.folder, [pattern])
        options = RunOptions(
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
            compile_patterns(self.config.folder, values["exclude"]),
            self.paths("rbac"),
            self.path_ignores(),
            self.extra_paths(),
        )

    @contextmanager
    def at(self, name: str, *keys: str | int) -> Iterator[None]:
        """Add the file and line of a setting to errors raised here."""
        try:
            yield
        except (OptionError, TemplateError) as error:
            place = ""
            if self.origins[name] == self.config.path:
                place = f"{self.config.place(name, *keys)}: "
            raise OptionError(f"{place}{error}") from None

    def codes(self, name: str, *keys: str) -> tuple[str, ...]:
        """The checked codes and prefixes of rules in a setting."""
        found = self.values[name]
        for key in keys:
            found = found[key]
        checked = []
        for number, code in enumerate(found):
            with self.at(name, *keys, number):
                checked.append(rule_code(code))
        return tuple(checked)

    def severities(self) -> dict[str, Severity]:
        """The severity of each rule, by its full code."""
        found = {}
        for code, severity in self.values["severity"].items():
            with self.at("severity", code):
                found[rule_code(code, whole=True)] = Severity[severity.upper()]
        return found

    def paths(self, name: str) -> list[str]:
        """The paths in a setting, relative to the current directory."""
        folder = self.config.folder if self.origins[name] == self.config.path else ""
        return [os.path.normpath(os.path.join(folder, path)) for path in self.values[name]]  # noqa: PTH118

    def path_ignores(self) -> list[tuple[Patterns, tuple[str, ...]]]:
        """Patterns of paths, each with the codes of the rules to ignore there."""
        found = []
        for pattern in self.values["per-path-ignores"]:
            with self.at("per-path-ignores", pattern):
                compiled = compile_patterns(self.config.folder, [pattern])
            found.append((compiled, self.codes("per-path-ignores", pattern)))
        return found

    def extra_paths(self) -> list[tuple[Patterns, tuple[str, ...]]]:
        """Patterns of files, each with the paths to lists of entries in them."""
        found = []
        for pattern, paths in self.values["extra-paths"].items():
            with self.at("extra-paths", pattern):
                found.append((compile_patterns(self.config.folder, [pattern]), tuple(paths)))
        return found


def _reserved(row: dict[str, str], delimiters: Delimiters) -> ReservedEntry:
    username = braced(row.get("username", ""), delimiters)
    return ReservedEntry(row["what"], row.get("source", ""), row.get("role", ""), username)
