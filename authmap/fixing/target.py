"""What is fixed: a file, or the data of a ConfigMap, with what was read from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Self, TypeVar

from authmap.documents.read import read
from authmap.documents.reading import Reading, Wanted
from authmap.fixing.edits import Edit, splice
from authmap.model.auth_map import AuthMap

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from authmap.syntax.source import Source


class File(NamedTuple):
    """A file's bytes, and the contents read from them."""

    data: bytes
    path: str
    wanted: Wanted
    reading: Reading

    @classmethod
    def of(cls, data: bytes, path: str, wanted: Wanted) -> Self:
        """Read a file's bytes."""
        return cls(data, path, wanted, read(data, path, wanted))

    def spliced(self, edits: Iterable[Edit]) -> Self:
        """The file with edits applied to it."""
        edits = list(edits)
        text = edits[0].source.text
        mark = self.data[: len(self.data) - len(text.encode())]
        return self.of(mark + splice(text, edits).encode(), self.path, self.wanted)


class Data(NamedTuple):
    """The `data` of a ConfigMap, with each section as a separate text."""

    data: dict[str, str]
    path: str
    annotations: Mapping[str, str]
    reading: Reading

    @classmethod
    def of(cls, data: Mapping[str, str], path: str, annotations: Mapping[str, str]) -> Self:
        """Read the texts."""
        reading = Reading()
        reading.contents.append(AuthMap.from_data(data, path=path, annotations=annotations))
        return cls(dict(data), path, annotations, reading)

    def spliced(self, edits: Iterable[Edit]) -> Self:
        """The data with edits applied to its sections."""
        (auth_map,) = self.reading.maps
        by_source: dict[Source, list[Edit]] = {}
        for edit in edits:
            by_source.setdefault(edit.source, []).append(edit)
        spliced = {
            name: splice(section.text, by_source[section.source])
            for name, section in auth_map.sections.items()
            if section.source in by_source
        }
        return self.of(self.data | spliced, self.path, self.annotations)


Target = TypeVar("Target", File, Data)
