"""Just enough HTTP/1.1 for the line: where one message ends and the next begins.

Bytes are kept as they came, so that what passes the line is exactly what was sent.
"""

import asyncio
from dataclasses import dataclass

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
_NO_BODY_STATUSES = frozenset({204, 304})
_FIRST_FINAL_STATUS = 200


class NotHttpError(Exception):
    """What came over the line is no HTTP/1.1 that the line can follow."""


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer, byte for byte."""

    start: tuple[str, str, str]
    """The three parts of the first line: method, target, version; or version, status, reason."""
    headers: tuple[tuple[str, str], ...]
    """Names in lower case."""
    head: bytes
    """All up to and with the empty line."""
    body: bytes
    """As framed: a chunked body keeps its chunks."""
    last: bool
    """Whether the connection carries nothing after it."""

    def header(self, name: str) -> str:
        """Return a header's first value, or an empty text."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def raw(self) -> bytes:
        """The whole message."""
        return self.head + self.body


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Message | None:
    """Read the next request; None if the sender has closed between requests."""
    head = await _read_head(reader)
    if head is None:
        return None
    start, headers = _parse_head(head)
    if _value(headers, "expect").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    body = await _read_framed_body(reader, headers) or b""
    return Message(start, headers, head, body, _closes(start[2], headers))


async def read_answer(reader: asyncio.StreamReader, method: str) -> Message:
    """Read the answer to a request of `method`; interim answers (1xx) are left out."""
    while True:
        head = await _read_head(reader)
        if head is None:
            raise NotHttpError("the far end closed without an answer")
        start, headers = _parse_head(head)
        if _status(start) >= _FIRST_FINAL_STATUS:
            break
    closes = _closes(start[0], headers)
    if method == "HEAD" or _status(start) in _NO_BODY_STATUSES:
        return Message(start, headers, head, b"", closes)
    body = await _read_framed_body(reader, headers)
    if body is None:
        return Message(start, headers, head, await reader.read(MAX_BODY_BYTES), last=True)
    return Message(start, headers, head, body, closes)


async def _read_head(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise NotHttpError("the head of a message ended early") from error
        return None
    except asyncio.LimitOverrunError as error:
        raise NotHttpError("the head of a message is too long") from error


def _parse_head(head: bytes) -> tuple[tuple[str, str, str], tuple[tuple[str, str], ...]]:
    first, *lines = head[:-4].decode("latin-1").split("\r\n")
    parts = first.split(" ", 2)
    if len(parts) < 2:  # noqa: PLR2004  an answer may lack its reason
        raise NotHttpError(f"not a first line: {first[:80]!r}")
    pairs = (line.partition(":") for line in lines)
    headers = tuple((name.lower(), value.strip()) for name, _, value in pairs)
    return (parts[0], parts[1], parts[2] if parts[2:] else ""), headers


def _value(headers: tuple[tuple[str, str], ...], name: str) -> str:
    return next((value for key, value in headers if key == name), "")


def _status(start: tuple[str, str, str]) -> int:
    if not start[1].isdigit():
        raise NotHttpError(f"not a status: {start[1][:20]!r}")
    return int(start[1])


def _closes(version: str, headers: tuple[tuple[str, str], ...]) -> bool:
    connection = _value(headers, "connection").lower()
    return "close" in connection or (version == "HTTP/1.0" and "keep-alive" not in connection)


async def _read_framed_body(
    reader: asyncio.StreamReader, headers: tuple[tuple[str, str], ...]
) -> bytes | None:
    """Read the body that the headers announce; None if they announce none."""
    if "chunked" in _value(headers, "transfer-encoding").lower():
        return await _read_chunks(reader)
    length = _value(headers, "content-length")
    if not length:
        return None
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        raise NotHttpError(f"not a length that the line carries: {length[:20]!r}")
    return await reader.readexactly(int(length))


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    while True:
        size_line = await _read_line(reader)
        try:
            size = int(size_line.split(b";")[0].strip(), 16)
        except ValueError as error:
            raise NotHttpError(f"not a chunk's size: {size_line[:20]!r}") from error
        parts.append(size_line)
        if size == 0:
            break
        parts.append(await reader.readexactly(size + 2))
    while True:
        trailer = await _read_line(reader)
        parts.append(trailer)
        if trailer == b"\r\n":
            return b"".join(parts)


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n")
    except asyncio.LimitOverrunError as error:
        raise NotHttpError("a line of a chunked body is too long") from error
