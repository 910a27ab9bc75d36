"""Who calls: a user of the account, or a role's session, such as a managed instance."""

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict

_MANAGED_INSTANCE = re.compile(r"mi-[0-9a-f]{17}")


class User(BaseModel):
    """A user of an account: the operator."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["user"] = "user"
    account: str
    name: str
    unique_id: str

    @property
    def arn(self) -> str:
        """Return the ARN as STS tells it."""
        return f"arn:aws:iam::{self.account}:user/{self.name}"

    @property
    def user_id(self) -> str:
        """Return the UserId as STS tells it."""
        return self.unique_id

    @property
    def managed_instance_id(self) -> None:
        """A user is no managed instance."""
        return None


class RoleSession(BaseModel):
    """A session of a role; of a managed instance, if its name is an `mi-` id."""

    model_config = ConfigDict(frozen=True)

    kind: Literal["role-session"] = "role-session"
    account: str
    role: str
    role_id: str
    session: str

    @property
    def arn(self) -> str:
        """Return the ARN as STS tells it: without the role's path."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role.split('/')[-1]}/{self.session}"

    @property
    def user_id(self) -> str:
        """Return the UserId as STS tells it."""
        return f"{self.role_id}:{self.session}"

    @property
    def managed_instance_id(self) -> str | None:
        """Return the session's name, if it is the id of a managed instance."""
        return self.session if _MANAGED_INSTANCE.fullmatch(self.session) else None


Principal = User | RoleSession
