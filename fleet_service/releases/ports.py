"""What moves need of ECS."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fleet_service.releases.records import ReleaseRecord
from kiosk_contracts.releases import ReleasePlace
from kiosk_contracts.ui_task_terms import UiTaskTerms


@dataclass(frozen=True, slots=True)
class HostInEcs:
    """A kiosk's host, as ECS has it."""

    region: str
    cluster: str
    connected: bool
    told: str
    """The attribute `kiosk.release`; empty: none."""
    running: frozenset[str]
    """The ARNs of the task definitions of which a task runs there and is to."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A release that a kiosk is to run."""

    release_id: str
    places: tuple[ReleasePlace, ...] = ()
    """Where ECS has it; none of one that was made by hand."""

    def definition(self, region: str, cluster: str) -> str:
        """Return the ARN of its task definition at a place; empty if it has none there."""
        found = [
            one.task_definition
            for one in self.places
            if (one.region, one.cluster) == (region, cluster)
        ]
        return found[0] if found else ""


class Looker(Protocol):
    """Says what ECS has of a host, to somebody who waits for it."""

    async def look(self, instance_id: str) -> HostInEcs:
        """Return what ECS has of a host; raises AwsAwayError."""
        ...


class Mover(Protocol):
    """Has hosts run releases."""

    async def look(self, instance_id: str) -> HostInEcs:
        """Return what ECS has of a host. Raises AwsAwayError in bounded time."""
        ...

    async def move(self, instance_id: str, aim: Aim) -> None:
        """Have a host run a release, and no other. Idempotent.

        It returns when ECS has taken it, which is long before it is so. Raises AwsAwayError in
        bounded time; then it may have been taken all the same.
        """
        ...


class ReleaseClashError(Exception):
    """ECS has something else under a release's name; the text says what."""


class Completing(Protocol):
    """Makes what a live release lacks, as in a cluster that came later."""

    def is_whole(self, known: ReleaseRecord, region: str, cluster: str) -> bool:
        """Say whether ECS has all of a release at a place."""
        ...

    async def complete(self, release_id: str, region: str, cluster: str) -> None:
        """Make what a live release lacks at a place. Idempotent.

        Raises ProblemError: `release_not_live`, `release_busy`, `release_differs`, `ecs_away`.
        """
        ...


class ReleaseMaker(Protocol):
    """Lets ECS have releases."""

    @property
    def places(self) -> Sequence[ReleasePlace]:
        """Return where releases are made; nothing is there yet."""
        ...

    def is_whole(self, place: ReleasePlace) -> bool:
        """Say whether a place has all of a release, as far as is known of it."""
        ...

    async def make(self, release_id: str, task: UiTaskTerms, place: ReleasePlace) -> ReleasePlace:
        """Make what a place lacks of a release; return it whole. Idempotent.

        Raises AwsAwayError in bounded time, and ReleaseClashError.
        """
        ...

    async def users(self, release_id: str, place: ReleasePlace) -> Sequence[str]:
        """Return which hosts are told to run a release at a place; ten at most.

        One that is told another and has not changed yet needs it no more: what runs there is to
        end already, whatever becomes of the release.

        Raises AwsAwayError in bounded time.
        """
        ...

    async def remove(self, release_id: str, place: ReleasePlace) -> None:
        """Let a place have nothing of a release. Idempotent.

        Raises AwsAwayError in bounded time.
        """
        ...
