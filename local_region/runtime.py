"""The composition root: settings become parts, parts become an app, the app is served."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from aiohttp import web

from local_region.admin.routes import Admin
from local_region.clock import Clock, ShiftedClock
from local_region.ecs.control_plane import Given, control_plane
from local_region.ecs.places import Places
from local_region.ecs.services.moves import Moves
from local_region.elsewhere.ports import Elsewhere, Nowhere
from local_region.faults.faults import Faults
from local_region.identity.authentication import Authentication
from local_region.identity.credentials import Credential, Credentials
from local_region.ids import Ids
from local_region.installer.routes import Installer
from local_region.installer.signing import Signer
from local_region.settings import RegionSettings
from local_region.sites import Sites, serving
from local_region.ssm.activations import Activations
from local_region.ssm.agent import AgentCalls
from local_region.ssm.instance_keys import InstanceKeys
from local_region.ssm.instances import Instances
from local_region.ssm.model import SsmState
from local_region.ssm.ports import AnyRole, Roles
from local_region.ssm.run_command import RunCommand
from local_region.ssm.service import ssm_service
from local_region.ssm.settings import ServiceSettings
from local_region.state.file import StateFile
from local_region.sts.service import sts_service
from local_region.throttles.buckets import Throttles, groups_with_sts
from local_region.wire.dispatch import Dispatcher
from local_region.wire.front import Front
from local_region.wire.service import Service

log = structlog.get_logger()

CREDENTIALS_FILE: Final = "operator-credentials"
_LARGEST_BODY: Final = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Region:
    """A region that is ready to be served."""

    app: web.Application
    operator: Credential


def build_region(settings: RegionSettings, clock: Clock | None = None) -> Region:
    """Make a region; raises StateRefusedError or OSError."""
    clock = clock or ShiftedClock()
    file = StateFile(settings.state, settings.account, settings.region)
    ids, faults = Ids(settings.seed), Faults()
    credentials = Credentials(file.state.identity, ids)
    operator = _operator(settings, credentials)
    authentication = Authentication(credentials, settings.region, clock)
    others = _others(settings, authentication)
    ssm = file.state.ssm
    places = Places(file.state.ecs, settings.account, settings.region)
    moves = Moves(settings.moves, settings.seed)
    ecs = control_plane(Given(places, ids, authentication, clock, faults, file.keep, moves))
    services = (sts_service(), _ssm(ssm, ids, others.roles, credentials, settings), ecs.service)
    front = Front(
        Dispatcher(services),
        authentication,
        InstanceKeys(ssm, credentials, authentication, clock, settings.account, settings.region),
        faults,
        _throttles(settings, clock),
        file,
        others.elsewhere,
        clock,
    )
    file.on_change(ecs.wake)
    file.keep()
    app = web.Application(client_max_size=_LARGEST_BODY)
    app.cleanup_ctx.extend([*others.runs, ecs.running])
    app.on_shutdown.extend(ecs.at_shutdown)
    admin = Admin(faults, clock, credentials, file, settings.account, ssm)
    installer = Installer(Signer(settings.state / "gnupg" if settings.state else None))
    app.cleanup_ctx.append(installer.running)
    app.add_routes([*admin.routes(), *installer.routes(), *ecs.routes])
    app.router.add_route("*", "/{path:.*}", front.handle)
    return Region(app, operator)


def _ssm(
    state: SsmState, ids: Ids, roles: Roles, credentials: Credentials, settings: RegionSettings
) -> Service:
    return ssm_service(
        Activations(state, ids, roles, settings.account),
        Instances(state),
        ServiceSettings(state, settings.account, settings.region),
        RunCommand(state, ids),
        AgentCalls(state, ids, credentials),
    )


async def serve(settings: RegionSettings) -> None:
    """Serve until SIGTERM or SIGINT; raises StateRefusedError or OSError."""
    region = build_region(settings)
    async with serving(region.app, settings) as sites:
        stop = _stop_signal()
        print(json.dumps(_listening(settings, region, sites)), flush=True)  # noqa: T201  for whoever started us
        log.info("listening", host=settings.host, port=sites.port, tls_port=sites.tls_port)
        await stop.wait()
    log.info("stopped")


@dataclass(frozen=True, slots=True)
class _Others:
    """Who answers for other services, whose the roles are, and what runs beside the app."""

    elsewhere: Elsewhere
    roles: Roles
    runs: tuple[Callable[[web.Application], AsyncIterator[None]], ...] = ()


def _others(settings: RegionSettings, authentication: Authentication) -> _Others:
    if not settings.moto:
        return _Others(Nowhere(), AnyRole())
    # Reading moto takes longer than all the rest of the region.
    from local_region.elsewhere.moto import Moto, MotoRoles  # noqa: PLC0415

    moto = Moto(authentication, settings.account, settings.region)
    return _Others(moto, MotoRoles(settings.account), (moto.running,))


def _throttles(settings: RegionSettings, clock: Clock) -> Throttles | None:
    if not settings.throttles:
        return None
    return Throttles(clock, groups_with_sts(settings.sts_per_second))


def _operator(settings: RegionSettings, credentials: Credentials) -> Credential:
    if settings.operator is None:
        return credentials.operator(settings.account)
    given = settings.operator
    return credentials.take(settings.account, given.access_key_id, given.secret_key)


def _listening(settings: RegionSettings, region: Region, sites: Sites) -> dict[str, Any]:
    """Return the line for whoever started us; a secret is in it only if no file can hold it."""
    line: dict[str, Any] = {
        "event": "listening",
        "port": sites.port,
        "account": settings.account,
        "region": settings.region,
    }
    if sites.tls_port is not None:
        line |= {"tls_port": sites.tls_port, "ca_file": str(sites.ca_file)}
    if settings.state is not None:
        path = _write_credentials(settings.state / CREDENTIALS_FILE, region.operator)
        return {**line, "operator_credentials_file": str(path)}
    return {
        **line,
        "operator": {
            "access_key_id": region.operator.access_key_id,
            "secret_access_key": region.operator.secret_key,
        },
    }


def _write_credentials(path: Path, operator: Credential) -> Path:
    """Write the operator's pair as AWS's own tools read it (AWS_SHARED_CREDENTIALS_FILE)."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(
            "[default]\n"
            f"aws_access_key_id = {operator.access_key_id}\n"
            f"aws_secret_access_key = {operator.secret_key}\n"
        )
    return path.absolute()


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop
