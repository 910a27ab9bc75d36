"""`kiosk-provision role …`."""

import argparse
import re
from dataclasses import asdict
from typing import Final

from operator_cli.refusing import RefusedError
from operator_cli.showing import say, say_json
from provisioning.aws import client, refusals
from provisioning.roles.fleet_rights import FleetPlaces, fleet_policy
from provisioning.roles.iam import Iam
from provisioning.roles.rules import PERMISSION_SETS, Finding, boundary_words, check_role

_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_PLACE: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d/[A-Za-z0-9_.-]{1,255}")


def check(options: argparse.Namespace) -> None:
    """Say line by line what is wider or missing."""
    account, region = _place(options)
    role = Iam(client("iam", options.region, options.profile)).read(options.role)
    if role is None:
        raise RefusedError(
            f"account {account} has no role {options.role}",
            f"Make it: kiosk-provision role create --role {options.role}.",
        )
    found = check_role(role, account, region)
    if options.json:
        findings = [asdict(one) for one in found]
        say_json({"role": options.role, "findings": findings, "boundary": role.boundary})
    else:
        if (words := boundary_words(role)) is not None:
            say(f"{'look':<8} {words}")
        for one in found:
            say(_line(one))
    if found:
        raise RefusedError(
            f"the role {options.role} is not as it must be: {len(found)} findings",
            "Mend it in IAM, or make another: kiosk-provision role create.",
        )
    if not options.json:
        say(f"{options.role} is as it must be: trust for Systems Manager alone, three permissions")


def create(options: argparse.Namespace) -> None:
    """Make the role, unless it is there already as it must be."""
    account, region = _place(options)
    iam = Iam(client("iam", options.region, options.profile))
    role = iam.read(options.role)
    if role is not None:
        found = check_role(role, account, region)
        if found:
            lines = "\n".join(_line(one) for one in found)
            raise RefusedError(
                f"there is a role {options.role}, and it is not as it must be:\n{lines}",
                "Choose another name, or mend it in IAM. Nothing was changed.",
            )
        _said(options, "is there already, as it must be", made=False)
        return
    if options.dry_run:
        plan = f"would make {options.role} in account {account}, for hosts of {region}"
        if options.json:
            sets = list(PERMISSION_SETS)
            told = {"role": options.role, "made": False, "permission_sets": sets, "plan": plan}
            say_json(told)
            return
        say(f"{plan}, with:")
        for arn, why in PERMISSION_SETS.items():
            say(f"  {arn}  ({why})")
        return
    iam.create(options.role, account, region)
    _said(options, "was made", made=True)


def _place(options: argparse.Namespace) -> tuple[str, str]:
    with refusals():
        sts = client("sts", options.region, options.profile)
        return sts.get_caller_identity()["Account"], sts.meta.region_name


def fleet(options: argparse.Namespace) -> None:
    """Print the policy of the fleet service's task role; ask nobody."""
    account = str(options.account)
    if not _ACCOUNT.fullmatch(account):
        raise RefusedError(f"{account!r} is no AWS account", "Write its twelve digits.")
    table = options.table or ""
    places = [*options.cluster, *options.queue, *([table] if table else [])]
    for place in (*places, *([options.api] if options.api else [])):
        if not _PLACE.fullmatch(place):
            raise RefusedError(
                f"{place!r} says not where it is", "Write REGION/NAME, e.g. eu-central-1/kiosks."
            )
    say_json(
        fleet_policy(
            FleetPlaces(
                account=account,
                clusters=options.cluster,
                mover=options.mover,
                queues=options.queue,
                table=table,
                makes_table=options.makes_table,
                execution_role=options.execution_role or "",
                runs_commands=options.run_commands,
                api=options.api or "",
            )
        )
    )


def _said(options: argparse.Namespace, what: str, *, made: bool) -> None:
    if options.json:
        say_json({"role": options.role, "made": made})
    else:
        say(f"{options.role} {what}")


def _line(finding: Finding) -> str:
    return f"{'wider  ' if finding.wider else 'missing'}  {finding.what}: {finding.why}"
