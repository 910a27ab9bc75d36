"""What all wire models share: frozen, tolerant of newer peers, hashed canonically."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr, WithJsonSchema

_ENCODER: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)

HandedOut = Annotated[SecretStr, WithJsonSchema({"type": "string", "format": "password"})]
"""A secret that an answer has in it. Of a SecretStr alone it is described that none has."""


MOST: Final = 2**53
"""The greatest whole number of a report: what any reader of JSON, and any figure, can hold."""
Count = Annotated[int, Field(ge=0, le=MOST)]
"""A number of things, bytes or milliseconds that a kiosk tells."""


class WireModel(BaseModel):
    """A frozen model that keeps fields it does not know.

    A field from a newer peer survives being read, stored and sent on; only its meaning is unknown.
    """

    # Most processes use some of the models; each is built when it is first used.
    model_config = ConfigDict(frozen=True, extra="allow", defer_build=True)

    def to_json(self) -> dict[str, Any]:
        """Return the JSON form: decimals and datetimes as strings, unknown fields included."""
        return self.model_dump(mode="json")


class NotCanonicalError(ValueError):
    """A value has no canonical form: it holds a float, or a key that is not a string."""


def canonical_json(value: JsonValue | Mapping[str, Any]) -> bytes:
    """Return the one byte string that stands for `value`: sorted keys, no spaces, UTF-8.

    Floats are refused with NotCanonicalError, because their text differs between writers; amounts
    are strings and times are integers or RFC 3339 strings. For such values this is RFC 8785,
    except that keys sort by code point.
    """
    _refuse_floats(value)
    try:
        return _ENCODER.encode(value).encode("utf-8")
    except UnicodeEncodeError as error:
        msg = "a text holds half of a surrogate pair"
        raise NotCanonicalError(msg) from error


def canonical_hash(value: JsonValue | Mapping[str, Any]) -> str:
    """Return the SHA-256 of the canonical form, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(canonical_json(value)).hexdigest()


def _refuse_floats(value: object) -> None:
    # Each sale is hashed while a customer waits, and most of it is texts: they are told first.
    if isinstance(value, str):
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                msg = f"the key {key!r} is not a string"
                raise NotCanonicalError(msg)
            if type(item) is not str:
                _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
    elif isinstance(value, float):
        msg = f"the number {value!r} is a float; send amounts as strings, times as integers"
        raise NotCanonicalError(msg)
