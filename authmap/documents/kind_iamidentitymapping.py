"""IAMIdentityMapping, the authenticator's custom resource: one object for each entry.

Source: https://github.com/kubernetes-sigs/aws-iam-authenticator. The schema is in
deploy/iamidentitymapping.yaml. The authenticator converts the ARN to its canonical form in lower
case (`syncHandler` in pkg/mapper/crd/controller/controller.go). If several objects have the same
ARN, any of them can win (`Map` in pkg/mapper/crd/mapper.go). EKS's own authenticator ignores these
objects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authmap.authenticator.consumer import Consumer
from authmap.authenticator.section import Section
from authmap.documents.shapes import is_user, text, value
from authmap.model.auth_map import AuthMap, Shape
from authmap.syntax.nodes import Mapping, Sequence, resolve_alias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authmap.authenticator.consumer import MissingField
    from authmap.documents.reading import Document
    from authmap.model.content import Content


class Objects(Consumer):
    """The authenticator, which reads objects that the API server has validated."""

    called = "spec"
    keys = {  # noqa: RUF012
        name: {"arn": arn, "username": "username", "groups": "groups"}
        for name, arn in (("mapRoles", "rolearn"), ("mapUsers", "userarn"))
    }
    canonical = True
    random = True
    on_eks = False

    @staticmethod
    def fold(key: str) -> str:
        """See `Consumer.fold`; the API server's keys are case-sensitive."""
        return key

    def refusal(self, what: str = "", *, missing: MissingField | None = None) -> str:
        """See `Consumer.refusal`; the API server enforces the schema, which allows empty fields."""
        is_empty = missing is not None and missing.is_empty
        return "" if what in ("arn", "key") or is_empty else "the API server rejects the object"


OBJECTS = Objects()


def read(document: Document) -> Iterator[Content]:
    """The map that all IAMIdentityMapping objects in a text form together."""
    root, layer, reading = document
    spec = resolve_alias(root.get("spec"))
    group = (text(root.get("apiVersion")) or "").partition("/")[0]
    if group != "iamauthenticator.k8s.aws" or not isinstance(spec, Mapping):
        return
    one = Sequence(spec.start, spec.flow, None, None)
    one.items, one.end = [spec], spec.end
    name = "mapUsers" if is_user(value(spec, "arn", OBJECTS) or "") else "mapRoles"
    section = Section.native(name, layer, one, OBJECTS)
    if section.problem:
        yield AuthMap(layer.source, Shape.OBJECTS, {name: section}, layer=layer)
        return
    whole = reading.objects.get(id(layer))
    if whole is None:
        objects = Mapping(root.start, False, None, None)
        whole = AuthMap(layer.source, Shape.OBJECTS, layer=layer, root=objects)
        reading.objects[id(layer)] = whole
    if whole.root:
        whole.root.pairs.append((root, root))
        whole.root.end = root.end
    existing = whole.sections.setdefault(name, section)
    if existing is not section and isinstance(existing.root, Sequence):
        existing.root.items.append(spec)
        existing.aliased |= layer.aliased
    yield whole
