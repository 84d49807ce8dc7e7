"""Find out who else writes the object and would overwrite a change made in the cluster."""

from __future__ import annotations

from typing import Any, NamedTuple


class Owner(NamedTuple):
    """A tool that writes the object.

    Attributes:
        name: display name of the tool.
        evidence: the label, annotation or field manager that shows it.
        overwrites: whether it restores the state of its source on its own.
    """

    name: str
    evidence: str
    overwrites: bool = True


_KEYS = (
    # https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
    ("argocd.argoproj.io/tracking-id", "Argo CD"),
    ("argocd.argoproj.io/instance", "Argo CD"),
    # https://fluxcd.io/flux/components/kustomize/kustomizations/ and .../helm/helmreleases/
    ("kustomize.toolkit.fluxcd.io/name", "Flux"),
    ("helm.toolkit.fluxcd.io/name", "Flux"),
    # https://helm.sh/docs/chart_best_practices/labels/
    ("meta.helm.sh/release-name", "Helm"),
)
"""Labels and annotations that tools put on the objects they own, with the tool's name."""

_MANAGERS = (
    ("argocd-controller", "Argo CD"),
    ("argocd-application-controller", "Argo CD"),
    ("kustomize-controller", "Flux"),
    ("helm-controller", "Flux"),
    ("helm", "Helm"),
    ("terraform", "Terraform"),
    ("hashicorp", "Terraform"),
    ("pulumi", "Pulumi"),
)
"""Field managers in lower case (the whole name, or its start before `-` or `/`), with the tool."""

_MANUAL_MANAGERS = (
    ("eksctl", "eksctl"),
    ("kubectl-client-side-apply", "`kubectl apply` of a file"),
)
"""Field managers of tools that write only when somebody runs them."""


def owners(manifest: dict[str, Any]) -> list[Owner]:
    """The other tools that write an object, each once, those that overwrite it first."""
    metadata = manifest.get("metadata") or {}
    found: dict[str, Owner] = {}
    for what in ("labels", "annotations"):
        marks = metadata.get(what) or {}
        for key, name in _KEYS:
            if key in marks:
                found.setdefault(name, Owner(name, f"{what[:-1]} {key}: {marks[key]}"))
        if what == "labels" and marks.get("app.kubernetes.io/managed-by") == "Helm":
            found.setdefault("Helm", Owner("Helm", "label app.kubernetes.io/managed-by: Helm"))
    managers = [str(each.get("manager", "")) for each in metadata.get("managedFields") or ()]
    for table, overwrites in ((_MANAGERS, True), (_MANUAL_MANAGERS, False)):
        for known, name in table:
            for manager in managers:
                lower = manager.lower()
                if lower == known or lower.startswith((f"{known}-", f"{known}/")):
                    owner = Owner(name, f"field manager {manager}", overwrites)
                    found.setdefault(name, owner)
    return sorted(found.values(), key=lambda owner: not owner.overwrites)
