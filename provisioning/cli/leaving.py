"""`kiosk-provision kiosk deprovision | replace`: kiosks and hosts that go.

Each step is idempotent and in an order in which nothing is lost: whoever was interrupted, or was
refused by AWS in the middle, runs the same command again, and it goes on.
"""

import argparse
import asyncio
import time
from typing import Any, Final

from kiosk_contracts.kiosks import KioskDetail
from kiosk_contracts.venues import Standing
from operator_cli.refusing import RefusedError
from operator_cli.showing import confirm, note, say, say_json
from provisioning.aws import client, refusals
from provisioning.cli.office import office, ticket_office
from provisioning.kiosks.hosts import Hosts

_POLL_S: Final = 2.0
_RISK: Final = """\
What {kiosk} has not sent yet is on its disk alone: sales that nobody else has. They stay there, and
may be imported later (kiosk-agent export, ticket-api import).
Tickets that it has sold stay valid, also those that nobody here knows of.
The tickets that it has not sold, as far as is known, are revoked, and their places are sold by
others: if it sold some of them unseen, two customers have one place.
{unsent}"""


def deprovision(options: argparse.Namespace) -> None:
    """Take a kiosk out of service for good: once it has left, or as a write-off."""
    told = asyncio.run(_kiosk(options))
    if options.dry_run:
        _plan(options, told, "it is out of service for good")
        return
    if told.standing is not Standing.RETIRED:
        _check_host(options, told)
        told = _gone(options, told)
        told = asyncio.run(_act(options, "retire"))
        note(f"{told.kiosk_id} is out of service for good; its code stays its own")
    done = _after(options, told)
    if options.json:
        say_json({**told.to_json(), **done})
    else:
        say(f"{told.kiosk_id} has gone. To drop it from the plan: kiosk-provision venue add")


def replace(options: argparse.Namespace) -> None:
    """Write a broken host off, and let another be the kiosk."""
    told = asyncio.run(_kiosk(options))
    if options.dry_run:
        _plan(options, told, "its name expects another host")
        return
    done = _left_over(options, told)
    if told.standing is not Standing.EXPECTED and not done:
        _check_host(options, told)
        told = _gone(options, told)
        done = {"written_off_tickets": asyncio.run(_give_up(options, told))}
        # Before its host is deregistered: only while that reports is it known to have left. Its
        # name remembers the host, so that a run that was cut off goes on with it.
        told = asyncio.run(_act(options, "renew"))
        done |= _deregister(options, told.former[-1].instance_id)
    if options.json:
        say_json({**told.to_json(), **done})
        return
    if told.standing is not Standing.EXPECTED:
        say(f"The replacement that was cut off is at its end: {told.kiosk_id} is {told.standing},")
        say("and nothing was done to its host of now. To replace that, too: the same again.")
        return
    say(f"{told.kiosk_id} ({told.kiosk_code}) at {told.venue_id} expects another host.")
    say("Who works there, its receipts' code and its agent's settings, such as the printer, stay")
    say("with the name; the old disk's journal can still be imported (kiosk-agent export,")
    say("ticket-api import). Next:")
    say(f"  kiosk-provision activation create --venue {told.venue_id} --kiosk {told.kiosk_id} …")


def _left_over(options: argparse.Namespace, told: KioskDetail) -> dict[str, Any]:
    """Deregister the host of a replacement that was cut off after its name was free; {}: none."""
    host = told.former[-1].instance_id if told.former else None
    if host is None or host == told.instance_id:
        return {}
    found = _hosts(options).find(host)
    return _deregister(options, host) if found.at_ecs or found.at_ssm else {}


def _gone(options: argparse.Namespace, told: KioskDetail) -> KioskDetail:
    """Have nothing at the kiosk that would be missed; raises RefusedError."""
    if options.write_off is not None:
        return _written_off(options, told)
    if told.written_off:
        return told
    if told.standing is not Standing.ACTIVE or told.leaving_since is None:
        confirm(
            options,
            f"Take {told.kiosk_id} out of service at {told.venue_id}? It opens no cart any more, "
            "gives its tickets back, and goes once all is settled.",
        )
    told = asyncio.run(_act(options, "leave"))
    if told.standing is Standing.RETIRED:
        return told
    return asyncio.run(_until_left(options))


async def _until_left(options: argparse.Namespace) -> KioskDetail:
    """Wait until the kiosk says that it has left; raises RefusedError."""
    ends, said = time.monotonic() + options.wait * 60, ""
    async with office(options) as fleet:
        while True:
            told = await fleet.kiosk(options.kiosk_id)
            keeps = _what_keeps(told)
            if not keeps:
                note(f"{told.kiosk_id} has left: nothing would be lost with its disk")
                return told
            if keeps != said:
                note(f"{told.kiosk_id}: {keeps}")
                said = keeps
            if time.monotonic() >= ends:
                raise RefusedError(
                    f"{told.kiosk_id} has not left yet: {keeps}",
                    "It goes on draining; run the same again later. If it can't be reached, or "
                    'never will send what it has: --write-off "REASON".',
                )
            await asyncio.sleep(_POLL_S)


def _what_keeps(told: KioskDetail) -> str:
    seen, since = told.seen, told.leaving_since
    if seen is None or since is None or seen.seen_at < since:
        return "it has not reported since it was asked to leave"
    if not seen.fresh:
        return f"it was last heard at {seen.seen_at:%Y-%m-%d %H:%M:%S} UTC"
    if seen.left:
        return ""
    return "; ".join(seen.why_not_left) or "it has not begun to drain"


def _written_off(options: argparse.Namespace, told: KioskDetail) -> KioskDetail:
    if ticket_office(options) is None:
        raise _tickets_unsaid()
    note(_RISK.format(kiosk=told.kiosk_id, unsent=_unsent(told)))
    confirm(options, f"Write {told.kiosk_id} off, with what is on its disk?")

    async def written_off() -> KioskDetail:
        # Out first: what is given up after that can't be leased to it again.
        async with office(options) as fleet:
            return await fleet.write_off(options.kiosk_id, options.write_off)

    told = asyncio.run(written_off())
    note(f"{told.kiosk_id} is written off, and let in nowhere")
    return told


def _unsent(told: KioskDetail) -> str:
    if told.seen is None:
        return "How much it has not sent is not known: it has not reported lately."
    unsent = told.seen.queued + told.seen.parked + told.seen.quarantined
    words = f"At {told.seen.seen_at:%Y-%m-%d %H:%M} UTC it had {unsent} transactions not settled."
    owed = told.seen.refunds_to_give
    if owed:
        words += (
            f"\nRefunds whose money it had not given back: {', '.join(owed)}. Its customers are"
            "\nstill to get it, at another till or by the box office; nobody is told of them again."
        )
    return words


def _after(options: argparse.Namespace, told: KioskDetail) -> dict[str, Any]:
    """Give up what is still leased, and deregister the host; return what was done."""
    done: dict[str, Any] = {"written_off_tickets": asyncio.run(_give_up(options, told))}
    return {**done, **_deregister(options, told.instance_id)}


def _deregister(options: argparse.Namespace, instance_id: str | None) -> dict[str, Any]:
    """Deregister a host, if there was one; return what was done."""
    if instance_id is None:
        return {}
    gone = _hosts(options).deregister(instance_id)
    at_ecs = "deregistered" if gone.container_instances else "was not there"
    at_ssm = "deregistered" if gone.managed_instance else "was not there"
    note(f"{instance_id}: ECS {at_ecs}, Systems Manager {at_ssm}")
    if not gone.container_instances and not gone.managed_instance:
        note(
            f"warning: if nobody has deregistered {instance_id} before, it is of another region or "
            "account and stays registered there: the same again with --region or --profile"
        )
    return {
        "container_instances": gone.container_instances,
        "managed_instance": gone.managed_instance,
    }


def _check_host(options: argparse.Namespace, told: KioskDetail) -> None:
    """Raise RefusedError if the host that is to be deregistered is not one of these.

    Before anything else: a kiosk that went, and whose host nobody looks for, stays registered. One
    that was written off already was looked for then; its host may be gone by half.
    """
    if told.instance_id is None or told.written_off or options.host_gone:
        return
    found = _hosts(options).find(told.instance_id)
    if found.at_ecs:
        return
    if found.at_ssm:
        raise RefusedError(
            f"ECS has no container instance of {told.instance_id}, the host of {told.kiosk_id}, in "
            f"the cluster {options.cluster}",
            "Nothing was changed. Say its cluster: --cluster. If somebody has deregistered it at "
            "ECS already: --host-gone; Systems Manager is still told.",
        )
    if options.write_off is None:
        raise _nowhere(options, told)


def _nowhere(options: argparse.Namespace, told: KioskDetail) -> RefusedError:
    with refusals():
        sts = client("sts", options.region, options.profile)
        account, region = sts.get_caller_identity()["Account"], sts.meta.region_name
    return RefusedError(
        f"AWS knows no host {told.instance_id} of {told.kiosk_id} in region {region} of account "
        f"{account}",
        "Nothing was changed. Say where it is registered: --region, --profile. If somebody has "
        "deregistered it already: --host-gone.",
    )


def _hosts(options: argparse.Namespace) -> Hosts:
    ssm = client("ssm", options.region, options.profile)
    ecs = client("ecs", options.region, options.profile)
    return Hosts(ssm, ecs, options.cluster)


async def _give_up(options: argparse.Namespace, told: KioskDetail) -> int | None:
    """Write off what the ticket API has as leased to the kiosk; None if it is not asked."""
    office_of_tickets = ticket_office(options)
    if office_of_tickets is None and told.written_off:
        raise _tickets_unsaid()
    if office_of_tickets is None:
        note(
            "Tickets of a sealed reserve, if it had one, stay leased: with --ticket-api-url they "
            "are written off, too."
        )
        return None
    reason, count = told.written_off or "the kiosk was taken out of service", 0
    async with office_of_tickets as tickets:
        gone = tickets.write_off(told.kiosk_id, reason, told.instance_id)
        async for journal_id, revoked in gone:
            note(f"journal {journal_id}: {revoked} tickets written off")
            count += revoked
    return count


def _tickets_unsaid() -> RefusedError:
    return RefusedError(
        "a write-off gives up the kiosk's unsold tickets, and it is not said where the ticket API "
        "is",
        "Say --ticket-api-url and --ticket-api-token-file.",
    )


def _plan(options: argparse.Namespace, told: KioskDetail, end: str) -> None:
    if told.standing is Standing.RETIRED or options.write_off is None:
        how = "ask it to drain, and wait until it has left"
    else:
        how = "write it off, with what is on its disk"
    host = told.instance_id or "no host"
    words = f"would {how}; deregister {host}; then {end}"
    if options.json:
        say_json({**told.to_json(), "plan": words})
    else:
        say(f"{told.kiosk_id} at {told.venue_id} is {told.standing}: {words}")


async def _kiosk(options: argparse.Namespace) -> KioskDetail:
    async with office(options) as fleet:
        return await fleet.kiosk(options.kiosk_id)


async def _act(options: argparse.Namespace, act: str) -> KioskDetail:
    async with office(options) as fleet:
        return await fleet.act(options.kiosk_id, act)
