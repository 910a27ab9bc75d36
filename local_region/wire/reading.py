"""A request of aiohttp's, as it came off the wire."""

from aiohttp import web

from local_region.wire.received import Received


async def received_of(request: web.Request) -> Received:
    """Read a request; raises HTTPBadRequest for a target beyond ASCII, or if it is too large."""
    if not request.raw_path.isascii():
        raise web.HTTPBadRequest(text="the request's target must be ASCII")
    path, _, query = request.raw_path.partition("?")
    # Latin-1 keeps every byte of a header as one character.
    headers = tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in request.raw_headers)
    body, secure = await request.read(), request.scheme == "https"
    return Received(request.method, path, query, headers, body, secure)
