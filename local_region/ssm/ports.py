"""What SSM asks of others."""

from typing import Protocol


class Roles(Protocol):
    """The account's roles."""

    def trusts_ssm(self, role: str) -> bool:
        """Say whether a role of that name exists and lets `ssm.amazonaws.com` assume it.

        `role` may begin with the role's path, as CreateActivation's IamRole may.
        """
        ...


class AnyRole:
    """Every role exists and trusts SSM: for a region that serves no IAM."""

    def trusts_ssm(self, role: str) -> bool:  # noqa: ARG002  any
        """Say yes."""
        return True
