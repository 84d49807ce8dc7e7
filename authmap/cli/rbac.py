"""The RBAC bindings in files and folders: what `--rbac PATH` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.cli.console import say
from authmap.documents.bindings import concerns_bindings, read_bindings
from authmap.files import FileError, Inputs
from authmap.model.bindings import Binding, Bindings, unrendered

if TYPE_CHECKING:
    from collections.abc import Iterable


def read(paths: Iterable[str]) -> Bindings:
    """The bindings in files, and in folders and below them.

    What cannot be read below a folder is said on standard error: then not all are known. Nor are
    they where a subject is a template that is not rendered yet.

    Raises:
        FileError: a file that is named cannot be read, or there is no binding in any of them.
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
        say(f"authmap: passed over: {path}: {reason}")
    if not found:  # that nobody is bound is no cluster's answer
        raise FileError(
            ", ".join(paths),
            "no ClusterRoleBinding or RoleBinding in it; give those of the cluster: "
            "`kubectl get clusterrolebindings,rolebindings -A -o yaml > rbac.yaml`",
        )
    places = ", ".join(path for path, _ in missing[:3])
    reasons = [f"{places} cannot be read"] if missing else []
    subject = unrendered(found)
    if subject:
        source = subject.at.layer.source
        reasons.append(
            f"{source.path}:{source.place(subject.at.start).line}: the subject `{subject.name}` is "
            "not rendered yet, and may be anybody"
        )
    return Bindings(found, "; ".join(reasons) or None)
