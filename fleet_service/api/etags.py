"""Answers with an ETag, so that who asks again and again gets only what is new."""

import hashlib
import json
from typing import Any

from aiohttp import web


def json_with_etag(request: web.Request, told: Any) -> web.Response:
    """Return `told` as JSON with a strong ETag; 304 without it where the asker has it already.

    The tag is of the bytes, so it is the same in every task of the service. Answers are not to be
    kept by browsers (`no-store`): a page remembers the tag, and sends it as `If-None-Match`.
    """
    body = json.dumps(told).encode()
    tag = hashlib.sha256(body).hexdigest()[:32]
    known = request.if_none_match or ()
    if any(each.value in {tag, "*"} for each in known):
        answer = web.Response(status=304)
    else:
        answer = web.Response(body=body, content_type="application/json", charset="utf-8")
    answer.etag = tag
    return answer
