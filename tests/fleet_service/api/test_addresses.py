"""Addresses with bytes that no client writes."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from fleet_service.api.requests import guarded
from kiosk_contracts.problem import ProblemError
from tests.support.relay_desk import desk_in
from tests.support.upstream import Upstream

NO_TEXT = [b"/v1/instances/\xe4", b"/v1/instances?venue=\xc3", b"/nowhere/\x80"]


async def answered(request: web.Request) -> web.StreamResponse:
    return web.Response(text=request.path)


@pytest.mark.parametrize("address", NO_TEXT)
async def test_an_address_that_is_no_text_is_refused_in_words(address: bytes) -> None:
    # As a parser that takes such bytes hands them on.
    request = make_mocked_request("GET", address.decode("utf-8", "surrogateescape"))
    with pytest.raises(ProblemError) as found:
        await guarded(request, answered)
    problem = found.value.problem
    assert (problem.status, problem.code) == (400, "body_invalid")
    assert problem.detail == "Its bytes are neither ASCII nor UTF-8."


async def test_one_that_is_utf_8_is_an_address_as_another() -> None:
    request = make_mocked_request("GET", "/nowhere/caf\u00e9", client_max_size=1)
    assert (await guarded(request, answered)).status == 200


@pytest.mark.parametrize("address", NO_TEXT)
async def test_over_a_socket_it_is_a_bad_request_whoever_reads_it_first(
    tmp_path: Path, address: bytes
) -> None:
    async with Upstream() as upstream, desk_in(tmp_path, upstream) as desk:
        host, _, port = desk.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"GET " + address + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        line = await asyncio.wait_for(reader.readline(), 20)
        writer.close()
    assert line.split()[1] == b"400"
