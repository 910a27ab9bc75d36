"""`kiosk-provision activation …`."""

import argparse
import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from pydantic import ValidationError

from kiosk_contracts.enrolment import ActivationStanding, NewActivation, write_passphrase
from kiosk_contracts.problem import ProblemCode
from kiosk_contracts.venues import Setting, Standing, VenueStanding
from operator_cli.addresses import checked_url
from operator_cli.refusing import RefusedError
from operator_cli.showing import confirm, note, say, say_json, say_plan, say_table
from provisioning.activations.clusters import cluster_warnings
from provisioning.activations.making import ActivationTerms, MadeBundle, TellsFleet, make_bundle
from provisioning.activations.ssm import ActivationUse, Ssm
from provisioning.activations.terms import choose_kiosks, kept_settings, read_life
from provisioning.aws import client, refusals
from provisioning.bundles.installer_keys import read_installer_keys
from provisioning.bundles.keys import load_bundle_key
from provisioning.cli.office import fleet_url, office

INSTALLER: Final = "https://amazon-ecs-agent.s3.amazonaws.com/ecs-anywhere-install-latest.sh"
ECS_KEY: Final = "F34C3DDAE72926B079BEAEC6BCE9D9A42D51784F"
"""Of the Amazon ECS team, as its documentation has it:
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-registration.html"""


def create(options: argparse.Namespace) -> None:
    """Make an activation and its enrolment bundle."""
    key = load_bundle_key(options.key)
    ssm = Ssm(client("ssm", options.region, options.profile))
    venue = asyncio.run(_venue(options))
    terms = _terms(options, venue)
    ecs, more = client("ecs", options.region, options.profile), len(terms.kiosks)
    warnings = (ssm.quota_warnings(more), cluster_warnings(ecs, options.cluster, more))
    for warning in chain.from_iterable(warnings):
        note(f"warning: {warning}")
    path = options.output or Path(f"{terms.venue.venue_id}.eventpro")
    if options.dry_run:
        _show_terms(options, terms, path)
        return
    fleet = TellsFleet(
        lambda told: asyncio.run(_tell(options, told)),
        lambda activation_id: asyncio.run(_forget(options, activation_id)),
    )
    made = make_bundle(terms, ssm, fleet, key, path)
    _show_made(options, terms, made)


def show_list(options: argparse.Namespace) -> None:
    """List activations, with registrations left."""
    told = asyncio.run(_all(options))
    ssm = Ssm(client("ssm", options.region, options.profile))
    uses = ssm.uses()
    for activation_id, venue_id in ssm.half_made([one.activation_id for one in told]).items():
        note(
            f"warning: SSM in {ssm.region} has the activation {activation_id} for {venue_id}, and "
            "the fleet service does not know it: it was half made, or is another fleet service's. "
            "It registers hosts. If it is nobody's: kiosk-provision activation revoke "
            f"{activation_id}"
        )
    if options.json:
        say_json([{**one.to_json(), **_use(uses.get(one.activation_id))} for one in told])
        return
    say_table(
        ("ACTIVATION", "VENUE", "ENDS (UTC)", "LEFT", "GRANTED"),
        [_row(one, uses.get(one.activation_id)) for one in told],
    )


def revoke(options: argparse.Namespace) -> None:
    """Let an activation enrol nobody more."""
    waiting = asyncio.run(_waiting(options))
    _warn_of(waiting)
    if options.dry_run:
        plan = f"would revoke {options.activation_id}, at AWS and at the fleet service"
        about = {"activation_id": options.activation_id, "waiting": waiting}
        say_plan(plan, about, as_json=options.json)
        return
    confirm(
        options, f"Revoke the activation {options.activation_id}? Its bundle enrols nobody more."
    )
    ssm = Ssm(client("ssm", options.region, options.profile))
    # The fleet service first: the account may have activations that are no kiosks' and none of
    # ours to delete. If AWS refuses then, the same command again goes on from here.
    try:
        told = asyncio.run(_revoke(options))
    except RefusedError as error:
        if error.code != ProblemCode.ACTIVATION_UNKNOWN:
            raise
        # One that was half made is ours by its tag.
        if options.activation_id not in ssm.half_made(()):
            raise
        _delete_half_made(options, ssm)
        return
    # Who was granted a name while that was asked.
    _warn_of(sorted({*asyncio.run(_waiting(options))} - {*waiting}))
    # An activation that has ended may be gone; one that has not registers hosts somewhere.
    if not ssm.delete(options.activation_id) and datetime.now(UTC) < told.expires_at:
        note(
            f"warning: SSM in {ssm.region} knows no activation {told.activation_id}. If it was not "
            "deleted before, it is of another region or account and still registers hosts there: "
            "revoke it once more with --region or --profile."
        )
    if options.json:
        say_json(told.to_json())
    else:
        granted = ", ".join(told.granted) or "none"
        say(f"revoked {told.activation_id}; hosts that were granted a name stay: {granted}")


def _warn_of(waiting: Sequence[str]) -> None:
    """Say which names a revoked activation leaves with hosts that will never be the kiosk."""
    if waiting:
        note(
            f"warning: {', '.join(waiting)}: granted to hosts that are not the kiosk yet, and can't"
            " be with a revoked activation, also if they have registered. They need another "
            "registration: free each name (kiosk-provision kiosk free NAME), and enrol its host "
            "anew with another activation's bundle (on a host that has registered: kiosk-agent "
            "bootstrap --again)"
        )


def _delete_half_made(options: argparse.Namespace, ssm: Ssm) -> None:
    ssm.delete(options.activation_id)
    if options.json:
        say_json({"activation_id": options.activation_id, "half_made": True})
    else:
        say(f"deleted {options.activation_id} at SSM; the fleet service never heard of it")


def _terms(options: argparse.Namespace, venue: VenueStanding) -> ActivationTerms:
    url = fleet_url(options)
    if options.host_fleet_url:
        url = checked_url(options.host_fleet_url, "the hosts' enrolment token can be read")
    checked_url(options.installer_url, "the installer can be replaced")
    fingerprints = options.fingerprint or [ECS_KEY]
    kiosks = choose_kiosks(venue, options.kiosks, options.kiosk)
    settings = {name: _setting(text) for name, text in map(_pair, options.set)}
    with refusals():
        account = client("sts", options.region, options.profile).get_caller_identity()["Account"]
    try:
        return ActivationTerms.model_validate(
            {
                "expires_at": (datetime.now(UTC) + read_life(options.expires)).replace(
                    microsecond=0
                ),
                "account": account,
                "cluster": options.cluster,
                "venue": venue.venue.to_json(),
                "kiosks": [one.to_json() for one in kiosks],
                "fleet_url": url,
                "identity_audience": options.audience or urlsplit(url).hostname,
                "installer": {
                    "url": options.installer_url,
                    "signature_url": f"{options.installer_url}.asc",
                    "fingerprints": fingerprints,
                    "keys": read_installer_keys(options.installer_key, fingerprints),
                },
                "endpoints": dict(_pair(text) for text in options.endpoint),
                "agent_settings": settings,
                "kiosk_settings": kept_settings(venue, kiosks, settings),
                "role": options.role,
            }
        )
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise RefusedError(f"{where}: {first['msg']}", "Nothing was made.") from error


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise RefusedError(f"{text!r} sets nothing", "Write NAME=VALUE.")
    return name, value


def _setting(text: str) -> Setting:
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isascii() and text.isdigit() else text


def _show_terms(options: argparse.Namespace, terms: ActivationTerms, path: Path) -> None:
    if options.json:
        say_json({**terms.to_json(), "output": str(path)})
        return
    kiosks = ", ".join(kiosk.kiosk_id for kiosk in terms.kiosks)
    say(f"would make an activation of {len(terms.kiosks)} for {kiosks}")
    for line in _kept_lines(terms):
        say(line)
    say(f"until {terms.expires_at:%Y-%m-%d %H:%M} UTC, role {terms.role}, and write {path}")


def _show_made(options: argparse.Namespace, terms: ActivationTerms, made: MadeBundle) -> None:
    passphrase = write_passphrase(made.passphrase)
    if options.json:
        say_json(
            {
                "activation_id": made.activation_id,
                "bundle": str(made.path),
                "passphrase": passphrase,
                "expires_at": terms.expires_at.isoformat(),
                "kiosks": [kiosk.kiosk_id for kiosk in terms.kiosks],
            }
        )
        return
    say(f"{made.path}: enrols {len(terms.kiosks)} kiosks of {terms.venue.name}")
    say(f"until {terms.expires_at:%Y-%m-%d %H:%M} UTC. Put it on a USB stick.")
    for line in _kept_lines(terms):
        say(line)
    say("")
    say(f"    passphrase   {passphrase}")
    say("")
    say("Tell it to the technician by telephone, not with the stick. It is kept nowhere.")


def _kept_lines(terms: ActivationTerms) -> Iterator[str]:
    """Yield which kiosks keep settings of the hosts before."""
    for kiosk_id, settings in terms.kiosk_settings.items():
        kept = ", ".join(f"{name} = {value}" for name, value in settings.items())
        yield f"{kiosk_id} keeps {kept}"


def _use(use: ActivationUse | None) -> dict[str, Any]:
    if use is None:
        return {"registered": None, "left": 0}
    return {"registered": use.registered, "left": use.left}


def _row(told: ActivationStanding, use: ActivationUse | None) -> tuple[str, ...]:
    ends = f"{told.expires_at:%Y-%m-%d %H:%M}"
    left = "gone" if use is None else f"{use.left} of {use.limit}"
    return (
        told.activation_id,
        told.venue_id,
        "revoked" if told.revoked else ends,
        left,
        f"{len(told.granted)} of {len(told.kiosk_ids)}",
    )


async def _venue(options: argparse.Namespace) -> VenueStanding:
    async with office(options) as fleet:
        return await fleet.venue(options.venue)


async def _tell(options: argparse.Namespace, activation: NewActivation) -> None:
    async with office(options) as fleet:
        await fleet.add_activation(activation)


async def _forget(options: argparse.Namespace, activation_id: str) -> None:
    """Let the fleet service enrol nobody with an activation that it may have been told of."""
    with suppress(RefusedError):
        async with office(options) as fleet:
            await fleet.revoke_activation(activation_id)


async def _all(options: argparse.Namespace) -> list[ActivationStanding]:
    async with office(options) as fleet:
        return [one async for one in fleet.activations()]


async def _waiting(options: argparse.Namespace) -> list[str]:
    """Return the names that were granted with an activation and whose hosts are pending."""
    waiting = []
    async with office(options) as fleet:
        known = [one async for one in fleet.activations()]
        granted = [one.granted for one in known if one.activation_id == options.activation_id]
        for kiosk_id in (name for names in granted for name in names):
            kiosk = await fleet.kiosk(kiosk_id)
            mine = kiosk.grant is not None and kiosk.grant.activation_id == options.activation_id
            if mine and kiosk.standing is Standing.PENDING:
                waiting.append(kiosk_id)
    return waiting


async def _revoke(options: argparse.Namespace) -> ActivationStanding:
    async with office(options) as fleet:
        return await fleet.revoke_activation(options.activation_id)
