"""What tells bodies apart, kept in the place of bodies: of ten thousand kiosks those are 100 MB."""

import json
from hashlib import blake2b
from typing import Final

from cloud_store.port import Body

_COMPACT: Final = json.JSONEncoder(separators=(",", ":"))
_BYTES: Final = 16


def digest_of(body: Body) -> bytes:
    """Return the digest of a body as it was read. Another order of its members is another one."""
    return blake2b(_COMPACT.encode(body).encode(), digest_size=_BYTES).digest()
