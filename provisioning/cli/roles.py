"""`kiosk-provision role …`."""

import argparse
from dataclasses import asdict

from operator_cli.refusing import RefusedError
from operator_cli.showing import say, say_json
from provisioning.aws import client, refusals
from provisioning.roles.iam import Iam
from provisioning.roles.rules import PERMISSION_SETS, Finding, boundary_words, check_role


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


def _said(options: argparse.Namespace, what: str, *, made: bool) -> None:
    if options.json:
        say_json({"role": options.role, "made": made})
    else:
        say(f"{options.role} {what}")


def _line(finding: Finding) -> str:
    return f"{'wider  ' if finding.wider else 'missing'}  {finding.what}: {finding.why}"
