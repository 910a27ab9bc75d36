"""The managed-instance role in IAM: read, and made."""

import json
from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote

from operator_cli.refusing import RefusedError
from provisioning.aws import refusals
from provisioning.roles.rules import PERMISSION_SETS, Role, wanted_trust


class Iam:
    """IAM of one account, by boto3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def read(self, name: str) -> Role | None:
        """Return a role, None if there is none; raises RefusedError."""
        with refusals():
            try:
                told = self._client.get_role(RoleName=name)["Role"]
            except self._client.exceptions.NoSuchEntityException:
                return None
            attached = self._all("list_attached_role_policies", "AttachedPolicies", name)
            inline = self._all("list_role_policies", "PolicyNames", name)
        return Role(
            name=name,
            path=told["Path"],
            trust=_document(told["AssumeRolePolicyDocument"]),
            attached=frozenset(one["PolicyArn"] for one in attached),
            inline=frozenset(inline),
            boundary=told.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        )

    def create(self, name: str, account: str, region: str) -> None:
        """Make a role as it must be; raises RefusedError, and then there is none."""
        with ExitStack() as undo, refusals():
            self._client.create_role(
                RoleName=name,
                AssumeRolePolicyDocument=json.dumps(wanted_trust(account, region)),
                Description="EventPro kiosk hosts: SSM agent, ECS agent, pulling images",
            )
            undo.callback(self._client.delete_role, RoleName=name)
            for arn in PERMISSION_SETS:
                self._client.attach_role_policy(RoleName=name, PolicyArn=arn)
                undo.callback(self._client.detach_role_policy, RoleName=name, PolicyArn=arn)
            undo.pop_all()

    def _all(self, operation: str, member: str, name: str) -> list[Any]:
        pages = self._client.get_paginator(operation).paginate(RoleName=name)
        return [one for page in pages for one in page[member]]


def _document(given: Any) -> dict[str, Any]:
    """Return a policy: botocore decodes it, and what comes undecoded is URL-encoded JSON."""
    if isinstance(given, dict):
        return given
    try:
        read = json.loads(unquote(given))
    except (ValueError, TypeError):
        read = None
    if not isinstance(read, dict):
        raise RefusedError("the role's trust policy can't be read", "Look at it in IAM.")
    return read
