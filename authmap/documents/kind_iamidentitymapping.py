"""IAMIdentityMapping, an entry as an object of its own: the authenticator's own resource.

Facts, from https://github.com/kubernetes-sigs/aws-iam-authenticator: the schema is in
deploy/iamidentitymapping.yaml. The ARN is made canonical in small letters (`syncHandler` in
pkg/mapper/crd/controller/controller.go), and of several objects with one ARN any may be taken
(`Map` in pkg/mapper/crd/mapper.go). EKS's own authenticator does not look at these objects.
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
    """The authenticator, reading objects that the API server has checked."""

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
        """The API server knows keys in their own case only."""
        return key

    def refusal(self, what: str = "", *, missing: MissingField | None = None) -> str:
        """The API server minds the schema."""
        is_there = missing is not None and missing.is_empty
        return "" if what in ("arn", "key") or is_there else "the API server refuses the object"


OBJECTS = Objects()


def read(document: Document) -> Iterator[Content]:
    """The map that all such objects of a text make together."""
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
        together = Mapping(root.start, False, None, None)
        whole = AuthMap(layer.source, Shape.OBJECTS, layer=layer, root=together)
        reading.objects[id(layer)] = whole
    if whole.root:
        whole.root.pairs.append((root, root))
        whole.root.end = root.end
    held = whole.sections.setdefault(name, section)
    if held is not section and isinstance(held.root, Sequence):
        held.root.items.append(spec)
        held.aliased |= layer.aliased
    yield whole
