"""Reads the RBAC bindings that `--rbac PATH` points to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.cli.console import say
from authmap.documents.bindings import concerns_bindings, read_bindings
from authmap.files.inputs import Inputs
from authmap.files.reading import FileError
from authmap.model.bindings import Binding, Bindings, unrendered

if TYPE_CHECKING:
    from collections.abc import Iterable


def read(paths: Iterable[str]) -> Bindings:
    """The bindings in files, and in all files below directories.

    A file below a directory that cannot be read is reported on standard error, and the result is
    marked as incomplete. The same applies if a subject is a template that is not rendered yet.

    Raises:
        FileError: a file given on the command line cannot be read, or there are no bindings.
    """
    paths = list(paths)
    found: list[Binding] = []
    missing: list[tuple[str, str]] = []
    inputs = Inputs(paths, concerns=concerns_bindings)
    for given in inputs:
        try:
            found += read_bindings(given.data, given.path)
        except ValueError as error:
            if given.named:
                raise FileError(given.path, f"cannot be read: {error}") from None
            missing.append((given.path, str(error)))
    if inputs.errors:
        raise FileError(*inputs.errors[0])
    for path, reason in missing:
        say(f"authmap: skipped: {path}: {reason}")
    if not found:  # every cluster has bindings
        raise FileError(
            ", ".join(paths),
            "no ClusterRoleBinding or RoleBinding found; export them from the cluster: "
            "`kubectl get clusterrolebindings,rolebindings -A -o yaml > rbac.yaml`",
        )
    places = ", ".join(path for path, _ in missing[:3])
    reasons = [f"{places} cannot be read"] if missing else []
    subject = unrendered(found)
    if subject:
        source = subject.at.layer.source
        reasons.append(
            f"{source.path}:{source.place(subject.at.start).line}: the subject `{subject.name}` is "
            "not rendered yet and could be anybody"
        )
    return Bindings(found, "; ".join(reasons) or None)
