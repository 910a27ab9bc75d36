"""What the managed-instance role must be, to the letter. Pure.

A kiosk is believed by the name of its role session, which is the managed instance's id only while
nobody but Systems Manager may assume the role
(https://docs.aws.amazon.com/systems-manager/latest/userguide/hybrid-multicloud-service-role.html).
All kiosks share it, so whatever it may do more, every kiosk may do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final

SSM: Final = "ssm.amazonaws.com"
PERMISSION_SETS: Final[Mapping[str, str]] = {
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore": "the SSM agent",
    "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role": "the ECS agent",
    "arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly": "pulling images",
}
"""Exactly these, by their ARNs; and what needs each."""
_ACTION: Final = "sts:AssumeRole"


@dataclass(frozen=True, slots=True)
class Role:
    """A role as IAM has it."""

    name: str
    path: str
    trust: Mapping[str, Any]
    attached: frozenset[str]
    """ARNs of managed policies."""
    inline: frozenset[str]
    """Names of policies of its own."""
    boundary: str | None = None
    """ARN of its permissions boundary."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    wider: bool
    """Whether it lets more happen than it should; else something is missing."""
    what: str
    why: str


def wanted_trust(account: str, region: str) -> dict[str, Any]:
    """Return the trust policy: Systems Manager alone, for this account and region."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": SSM},
                "Action": _ACTION,
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account},
                    "ArnLike": {"aws:SourceArn": _source_arn(account, region)},
                },
            }
        ],
    }


def check_role(role: Role, account: str, region: str) -> list[Finding]:
    """Return all that is wider or missing, line by line; none if the role is right."""
    return [
        *_trust_findings(role.trust, account, region),
        *_permission_findings(role),
        *_path_findings(role),
    ]


def boundary_words(role: Role) -> str | None:
    """Return what is to be looked at where a role has a permissions boundary; None without one.

    It gives nothing, so it is no finding. What it allows is its own policy's to say
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html).
    """
    if role.boundary is None:
        return None
    needed = ", ".join(PERMISSION_SETS.values())
    return (
        f"permissions: a boundary {role.boundary}: it may take away what is needed; see that it "
        f"allows it to: {needed}"
    )


def _trust_findings(trust: Mapping[str, Any], account: str, region: str) -> Iterator[Finding]:
    statements = [one for one in _list(trust.get("Statement")) if isinstance(one, Mapping)]
    allowing = [one for one in statements if one.get("Effect") == "Allow"]
    ours = [one for one in allowing if _principals(one) == {("Service", SSM)} and _names_ours(one)]
    for statement in allowing:
        for kind, who in sorted(_principals(statement) - {("Service", SSM)}):
            yield _wider(
                f"trust: {kind} {who} may assume the role",
                "whoever assumes it names the session, and so could be any kiosk",
            )
        for action in _list(statement.get("Action")):
            if action != _ACTION:
                yield _wider(f"trust: it allows {action}", f"{_ACTION} is all that is needed")
        if "NotAction" in statement:
            but = ", ".join(map(str, _list(statement["NotAction"])))
            yield _wider(f"trust: it allows all but {but}", f"{_ACTION} is all that is needed")
    if any(_denies_ours(one) for one in statements):
        yield _missing(f"trust: it denies {SSM} {_ACTION}", "a Deny counts before any Allow")
    if not ours:
        yield _missing(f"trust: {SSM} may not assume the role", "no host could register")
    for statement in ours:
        yield from _condition_findings(statement.get("Condition") or {}, account, region)


def _condition_findings(
    condition: Mapping[str, Any], account: str, region: str
) -> Iterator[Finding]:
    found = {
        (operator, key.lower()): _list(values)
        for operator, keys in condition.items()
        if isinstance(keys, Mapping)
        for key, values in keys.items()
    }
    if found.get(("StringEquals", "aws:sourceaccount")) != [account]:
        yield _wider(
            f"trust: no condition that aws:SourceAccount is {account}",
            "Systems Manager of another account could be made to use it",
        )
    source = _source_arn(account, region)
    arns = [found.get((operator, "aws:sourcearn")) for operator in ("ArnLike", "ArnEquals")]
    if [source] not in arns:
        yield _wider(
            f"trust: no condition that aws:SourceArn is {source}",
            "Systems Manager could use it for something else than these hosts",
        )


def _permission_findings(role: Role) -> Iterator[Finding]:
    for arn in sorted(role.attached - PERMISSION_SETS.keys()):
        yield _wider(f"permissions: {arn} is attached", "every kiosk could use it")
    for name in sorted(role.inline):
        yield _wider(f"permissions: an inline policy {name}", "every kiosk could use it")
    for arn in sorted(PERMISSION_SETS.keys() - role.attached):
        yield _missing(f"permissions: {arn} is missing", f"{PERMISSION_SETS[arn]} needs it")


def _path_findings(role: Role) -> Iterator[Finding]:
    if role.path != "/":
        yield _missing(
            f"path: the role is at {role.path}",
            "an activation names a role without a path; make it at /",
        )


def _principals(statement: Mapping[str, Any]) -> set[tuple[str, str]]:
    if "NotPrincipal" in statement:
        return {("NotPrincipal", str(statement["NotPrincipal"]))}
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return {("AWS", str(principal))}
    return {(kind, str(who)) for kind, whos in principal.items() for who in _list(whos)}


def _denies_ours(statement: Mapping[str, Any]) -> bool:
    """Say whether a statement may keep Systems Manager out, whatever its condition."""
    everybody = {("AWS", "*"), ("Service", "*"), ("Service", SSM)}
    whom = _principals(statement)
    meant = bool(whom & everybody) or any(kind == "NotPrincipal" for kind, _ in whom)
    return statement.get("Effect") == "Deny" and meant and _names_ours(statement)


def _names_ours(statement: Mapping[str, Any]) -> bool:
    """Say whether a statement is about what is needed: IAM's actions have wildcards, no case."""
    if "NotAction" in statement:
        return not any(_fits(one) for one in _list(statement["NotAction"]))
    return any(_fits(one) for one in _list(statement.get("Action")))


def _fits(pattern: object) -> bool:
    return fnmatchcase(_ACTION.lower(), str(pattern).lower())


def _wider(what: str, why: str) -> Finding:
    return Finding(wider=True, what=what, why=why)


def _missing(what: str, why: str) -> Finding:
    return Finding(wider=False, what=what, why=why)


def _source_arn(account: str, region: str) -> str:
    return f"arn:aws:ssm:{region}:{account}:*"


def _list(value: Any) -> Iterable[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
