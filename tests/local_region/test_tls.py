"""TLS under AWS's real names, by the region's own authority."""

import asyncio
import contextlib
import socket
import ssl
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local_region.settings import RegionSettings
from tests.support.ecs_agent import EcsAgent
from tests.support.region import RunningRegion, running_region

STS = "sts.eu-central-1.amazonaws.com"


class AllHere(AbstractResolver):
    """Every name is the region's address."""

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: Any = 0,  # noqa: ARG002  the base class's
    ) -> list[ResolveResult]:
        """Return the loopback address."""
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Do nothing."""


def identity_url(region: RunningRegion, host: str) -> str:
    """Presign for the real name, without the port, as a kiosk does."""
    issued = region.issue(role="KioskRole", session="mi-0123456789abcdef0")
    request = AWSRequest(
        method="GET", url=f"https://{host}/?Action=GetCallerIdentity&Version=2011-06-15"
    )
    keys = Credentials(
        issued["access_key_id"], issued["secret_access_key"], issued["session_token"]
    )
    SigV4QueryAuth(keys, "sts", "eu-central-1").add_auth(request)
    return str(request.url)


async def fetched(region: RunningRegion, url: str, ca_file: Path | None) -> str:
    host = url.split("/")[2]
    url = url.replace(host, f"{host}:{region.sites.tls_port}")
    context = ssl.create_default_context(cafile=ca_file)
    connector = aiohttp.TCPConnector(resolver=AllHere(), ssl=context)
    async with (
        aiohttp.ClientSession(connector=connector) as session,
        session.get(aiohttp.client.URL(url, encoded=True), headers={"Host": host}) as answer,
    ):
        return await answer.text()


async def test_sts_is_asked_under_its_real_name() -> None:
    with running_region(RegionSettings(tls_port=0)) as region:
        url = await asyncio.to_thread(identity_url, region, STS)
        told = await fetched(region, url, region.sites.ca_file)
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await fetched(region, url, None)
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await fetched(region, url.replace(STS, "sts.example.com"), region.sites.ca_file)

    assert "assumed-role/KioskRole/mi-0123456789abcdef0" in told


def test_the_authority_stays_with_the_state(tmp_path: Path) -> None:
    seen = set()
    for _ in range(2):
        with running_region(RegionSettings(tls_port=0, state=tmp_path)) as region:
            assert region.sites.ca_file == tmp_path / "tls" / "ca.pem"
            seen.add(region.sites.ca_file.read_bytes())
            client = region.client(
                "sts",
                endpoint_url=f"https://127.0.0.1:{region.sites.tls_port}",
                verify=str(region.sites.ca_file),
            )
            with contextlib.closing(client):
                assert client.get_caller_identity()["Account"] == "111122223333"
    assert len(seen) == 1
    for name in ("ca-key.pem", "server.pem"):
        assert stat.S_IMODE((tmp_path / "tls" / name).stat().st_mode) == 0o600


def test_agents_are_told_secure_addresses_over_a_secure_line() -> None:
    with running_region(RegionSettings(tls_port=0)) as region:
        region.client("ecs").create_cluster(clusterName="kiosks")
        agent = EcsAgent(region)
        agent.register()
        base = f"https://127.0.0.1:{region.sites.tls_port}"
        secure = region.client_of(
            agent.ssm_agent.role_token(),
            "ecs",
            endpoint_url=base,
            verify=str(region.sites.ca_file),
        )

        with contextlib.closing(secure):
            told = secure.discover_poll_endpoint(cluster="kiosks")
    assert told["endpoint"] == f"{base}/acs/"


def test_a_temporary_authority_goes_with_the_region() -> None:
    with running_region(RegionSettings(tls_port=0)) as region:
        assert region.sites.ca_file
        assert region.sites.ca_file.exists()
    assert not region.sites.ca_file.exists()
