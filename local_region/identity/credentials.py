"""Credentials that the region has issued; no others sign anything here."""

from datetime import datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, Field

from local_region.identity.principals import Principal, User
from local_region.ids import Ids, unused
from local_region.sigv4.verify import Secret

FORGOTTEN_AFTER: Final = timedelta(days=1)
"""A token that expired long ago is answered like one that never was (as AWS does, after longer)."""


class Credential(BaseModel):
    """An access key and whose it is; a token and an end if it is a session's."""

    access_key_id: str
    secret_key: str = Field(repr=False)
    token: str | None = Field(default=None, repr=False)
    expires: datetime | None = None
    owner: Annotated[Principal, Field(discriminator="kind")]


class IdentityState(BaseModel):
    """Every credential by its access key id, and the ids of roles by their names."""

    credentials: dict[str, Credential] = Field(default_factory=dict)
    role_ids: dict[str, str] = Field(default_factory=dict)


class Credentials:
    """Issues credentials and finds them again."""

    def __init__(self, state: IdentityState, ids: Ids) -> None:
        self._state = state
        self._ids = ids

    def operator(self, account: str) -> Credential:
        """Return the operator's credential, made at the first call."""
        for known in self._state.credentials.values():
            if isinstance(known.owner, User) and known.owner.name == "operator":
                return known
        return self.for_user(account, "operator")

    def for_user(self, account: str, name: str) -> Credential:
        """Issue a user's pair, which has no end."""
        owner = User(account=account, name=name, unique_id=self._ids.unique_id("AIDA"))
        return self._keep(
            Credential(
                access_key_id=self._key_id("AKIA"), secret_key=self._ids.secret_key(), owner=owner
            )
        )

    def take(self, account: str, access_key_id: str, secret_key: str) -> Credential:
        """Make a pair that was given from outside the operator's."""
        owner = User(account=account, name="operator", unique_id=self._ids.unique_id("AIDA"))
        return self._keep(
            Credential(access_key_id=access_key_id, secret_key=secret_key, owner=owner)
        )

    def for_session(self, owner: Principal, expires: datetime, now: datetime) -> Credential:
        """Issue a session's pair and token, and forget those that ended long ago."""
        self._state.credentials = {
            key: known
            for key, known in self._state.credentials.items()
            if known.expires is None or now < known.expires + FORGOTTEN_AFTER
        }
        return self._keep(
            Credential(
                access_key_id=self._key_id("ASIA"),
                secret_key=self._ids.secret_key(),
                token=self._ids.session_token(),
                expires=expires,
                owner=owner,
            )
        )

    def role_id(self, role: str) -> str:
        """Return a role's unique id, the same at every call."""
        if role not in self._state.role_ids:
            self._state.role_ids[role] = unused(
                lambda: self._ids.unique_id("AROA"), set(self._state.role_ids.values())
            )
        return self._state.role_ids[role]

    def owner_of(self, access_key_id: str) -> Principal:
        """Return whose key it is; raises KeyError."""
        return self._state.credentials[access_key_id].owner

    def secret_of(self, access_key_id: str) -> Secret | None:
        """Return what a signature of that key is verified with, or None."""
        known = self._state.credentials.get(access_key_id)
        return None if known is None else Secret(known.secret_key, known.token, known.expires)

    def _key_id(self, prefix: str) -> str:
        return unused(lambda: self._ids.access_key_id(prefix), self._state.credentials)

    def _keep(self, credential: Credential) -> Credential:
        self._state.credentials[credential.access_key_id] = credential
        return credential
