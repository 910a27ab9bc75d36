"""A request as it came off the wire: a signature covers bytes, so nothing is tidied up."""

from dataclasses import dataclass
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Received:
    """One request. `path` and `query` are still percent-encoded; header names keep their case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    secure: bool = False
    """It came over TLS."""

    def header(self, name: str) -> str | None:
        """Return the first header of that name, in any case."""
        return next(iter(self.headers_named(name)), None)

    def headers_named(self, name: str) -> list[str]:
        """Return the values of every header of that name, in any case, in the order received."""
        wanted = name.lower()
        return [value for known, value in self.headers if known.lower() == wanted]

    def query_pairs(self) -> list[tuple[str, str]]:
        """Return the query's names and values, decoded, in the order received."""
        return parse_qsl(self.query, keep_blank_values=True)

    def query_value(self, name: str) -> str | None:
        """Return the first value of that name, exactly as written, or None."""
        return next((value for known, value in self.query_pairs() if known == name), None)
