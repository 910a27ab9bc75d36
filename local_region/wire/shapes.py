"""Hold a value to a shape of a botocore service model, both ways, and say what is off.

botocore's own ParamValidator passes what AWS refuses: it knows no upper bounds, patterns or enums.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is off with one value; `path` is like `Tags[0].Key`, empty for the whole."""

    path: str
    problem: str
    wrong_type: bool = False
    """AWS calls a value of the wrong type a serialization error, and any other invalid."""

    def __str__(self) -> str:
        return f"{self.path or 'request'}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Allowance:
    """A bound of the model that AWS itself does not keep, by the shape's name."""

    shape: str
    bound: str
    source: str


def flaws(
    value: Any, shape: Shape, *, path: str = "", allowed: frozenset[tuple[str, str]] = frozenset()
) -> Iterator[Flaw]:
    """Yield every flaw of a value; timestamps are numbers or datetimes.

    Bounds in `allowed`, pairs of shape and bound, are not held against it.
    """
    match shape:
        case StructureShape():
            yield from _of_structure(value, shape, path, allowed)
        case ListShape():
            if not isinstance(value, list):
                yield _wrong_type(path, "a list", value)
                return
            yield from _bounds(len(value), shape, path, "items", allowed)
            for number, item in enumerate(value):
                yield from flaws(item, shape.member, path=f"{path}[{number}]", allowed=allowed)
        case MapShape():
            if not isinstance(value, dict):
                yield _wrong_type(path, "a map", value)
                return
            yield from _bounds(len(value), shape, path, "entries", allowed)
            for key, item in value.items():
                yield from flaws(key, shape.key, path=f"{path}.{key}", allowed=allowed)
                yield from flaws(item, shape.value, path=f"{path}.{key}", allowed=allowed)
        case StringShape():
            yield from _of_string(value, shape, path, allowed)
        case _:
            yield from _of_scalar(value, shape, path, allowed)


def _of_structure(
    value: Any, shape: StructureShape, path: str, allowed: frozenset[tuple[str, str]]
) -> Iterator[Flaw]:
    if not isinstance(value, dict):
        yield _wrong_type(path, "a structure", value)
        return
    inside = f"{path}." if path else ""
    for name in shape.required_members:
        if name not in value:
            yield Flaw(f"{inside}{name}", "is required and missing")
    for name, item in value.items():
        member = shape.members.get(name)
        if member is None:
            yield Flaw(f"{inside}{name}", f"is no member of {shape.name}")
        else:
            yield from flaws(item, member, path=f"{inside}{name}", allowed=allowed)


def _of_string(
    value: Any, shape: StringShape, path: str, allowed: frozenset[tuple[str, str]]
) -> Iterator[Flaw]:
    if not isinstance(value, str):
        yield _wrong_type(path, "a string", value)
        return
    yield from _bounds(len(value), shape, path, "characters", allowed)
    if shape.enum and value not in shape.enum:
        yield Flaw(path, f"is {value!r}; it must be one of {', '.join(shape.enum)}")
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield Flaw(path, f"is {value!r}, which does not fit the pattern {pattern}")


_SCALARS: Final[dict[str, tuple[type, ...]]] = {
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, datetime),
    "blob": (bytes, str),
}


def _of_scalar(
    value: Any, shape: Shape, path: str, allowed: frozenset[tuple[str, str]]
) -> Iterator[Flaw]:
    kinds = _SCALARS[shape.type_name]
    # To Python True is a number; to AWS it is not.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        yield _wrong_type(path, f"a {shape.type_name}", value)
    elif isinstance(value, int | float):
        yield from _bounds(value, shape, path, "", allowed)


def _bounds(
    size: float, shape: Shape, path: str, unit: str, allowed: frozenset[tuple[str, str]]
) -> Iterator[Flaw]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    said = f"{size} {unit}".rstrip()
    if least is not None and size < least and (shape.name, "min") not in allowed:
        yield Flaw(path, f"is {said}; the least is {least}")
    if most is not None and size > most and (shape.name, "max") not in allowed:
        yield Flaw(path, f"is {said}; the most is {most}")


def _wrong_type(path: str, wanted: str, value: Any) -> Flaw:
    return Flaw(path, f"must be {wanted}, not {type(value).__name__}", wrong_type=True)


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    r"""Compile a pattern of the models.

    They are Java's: `\p{L}`, `\p{Z}` and `\p{N}` are Unicode's letters, spaces and numbers, for
    which Python's `\w`, `\s` and `\d` are near enough (the models' classes that use them allow
    the underscore, by which `\w` is wider).
    """
    for java, python in ((r"\p{L}", r"\w"), (r"\p{Z}", r"\s"), (r"\p{N}", r"\d")):
        pattern = pattern.replace(java, python)
    return re.compile(pattern)
