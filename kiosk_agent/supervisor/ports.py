"""What the supervisor needs of what is around it."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from kiosk_agent.host_role.role_credentials import RoleCredentials
from kiosk_agent.supervisor.domain.host import UiContainer, UiTask
from kiosk_agent.supervisor.domain.images import ImageSeen, ImagesKnown
from kiosk_agent.supervisor.domain.memory import GoodTasks
from kiosk_agent.supervisor.domain.pulling import Image, OnHost, Progress
from kiosk_agent.supervisor.repairs.seen import Signs
from kiosk_contracts.commands import CommandOutcome, CommandToRun
from kiosk_contracts.images import ImagesSeen, ImagesWanted
from kiosk_contracts.proving import ProofMade, ProofNotMade, ProofWanted
from kiosk_contracts.repairs import HostRepair
from kiosk_contracts.screens import ScreensSeen
from kiosk_contracts.ui_report import UiReport


class AgentAwayError(Exception):
    """The agent does not answer; the text says why."""


class AgentDoor(Protocol):
    """The agent, asked by the supervisor. Every method raises AgentAwayError."""

    async def wanted(self) -> ProofWanted | None:
        """Return what the agent wants signed; None if it wanted nothing for a while."""
        ...

    async def give(self, request_id: UUID, answer: ProofMade | ProofNotMade) -> None:
        """Answer it; nothing happens where the agent wants it no more."""
        ...


class CommandsDoor(Protocol):
    """The agent, as it is told by operators what to do. Every method raises AgentAwayError."""

    async def command(self) -> CommandToRun | None:
        """Return what is to be done; None if nothing is for a while.

        Who asks says by that that nothing is being done: what was given before was broken off.
        """
        ...

    async def end_command(self, command_id: UUID, said: CommandOutcome) -> None:
        """Say what came of it; nothing happens where the agent knows no such command."""
        ...


class Errands(Protocol):
    """What is done on the host with all of root's rights, beside this process."""

    async def run(self, command: CommandToRun) -> CommandOutcome:
        """Do it, and return what came of it. Raises UnitFailedError."""
        ...


class ScreenRefusedError(Exception):
    """The agent does not give the screen away now; the text says why."""


class AgentScreens(Protocol):
    """The agent, as it leases the kiosk's screen. Every method raises AgentAwayError."""

    async def screens(self) -> ScreensSeen:
        """Return the screens that report to it."""
        ...

    async def give_screen(self, screen_id: str, ended: str = "") -> None:
        """Let another screen answer keys; raises ScreenRefusedError while somebody is busy.

        `ended`: one that the agent need not wait for.
        """
        ...


class DockerAwayError(Exception):
    """Docker does not answer, or not as asked; the text says why."""


TOO_LONG: Final = "it took too long"
"""Why, where Docker accepted a question and did not answer it in time."""


class StartRefusedError(DockerAwayError):
    """Docker answered that it can't start a container; the text is its own."""


class UiContainers(Protocol):
    """The kiosk UIs that run in Docker. Every method raises DockerAwayError."""

    async def seen(self) -> Sequence[UiContainer]:
        """Return all of them, running or ended; `since_ms` is left at 0."""
        ...

    def sockets(self) -> str:
        """Return what tells the folder of sockets that is there from others; empty for none."""
        ...

    async def start_standby(self, task: UiTask) -> str:
        """Run the standby; return its container's id. Raises StartRefusedError, too."""
        ...

    async def stop(self, container_id: str, *, hangs: bool) -> None:
        """End one as its task says, or at once; returns when it has. Gone is no failure."""
        ...

    async def remove(self, container_id: str) -> None:
        """Remove one that ended. Gone is no failure."""
        ...

    async def changed(self) -> None:
        """Wait until a container began, ended, or came to be healthy or not."""
        ...


class EcsAgent(Protocol):
    """The ECS agent of this host."""

    async def away(self) -> str:
        """Return why it does not answer; empty if it does."""
        ...


class TaskMemory(Protocol):
    """Where the tasks that ran well are kept."""

    def load(self) -> GoodTasks:
        """Return them; none where none was kept, or what is there can't be read."""
        ...

    def keep(self, tasks: GoodTasks) -> None:
        """Keep them, on disk when this returns. OSError."""
        ...


class UiImages(Protocol):
    """The kiosk UI's images on this host. Every method raises DockerAwayError."""

    async def images(self) -> Sequence[ImageSeen]:
        """Return them; `unused_ms` is left at 0."""
        ...

    async def remove_image(self, image: ImageSeen) -> bool:
        """Remove one with all its names; say whether it is gone: one in use after all stays."""
        ...


class ImageMemory(Protocol):
    """Where is kept what is known of images."""

    def load(self) -> ImagesKnown:
        """Return it; nothing where nothing was kept, or what is there can't be read."""
        ...

    def keep(self, known: ImagesKnown) -> None:
        """Keep it, on disk when this returns. OSError."""
        ...


class DockerDisk(Protocol):
    """The disk that images are on."""

    def is_short(self) -> bool:
        """Say whether room on it is short."""
        ...


class Credentials(Protocol):
    """The host's role credentials."""

    def read(self) -> RoleCredentials:
        """Return them as they are now; raises NoRoleCredentialsError."""
        ...


class AgentImages(Protocol):
    """The agent, as it knows which images are wanted here."""

    async def tell_images(self, seen: ImagesSeen) -> ImagesWanted:
        """Tell how they stand; return which are wanted. Raises AgentAwayError."""
        ...


@dataclass(frozen=True, slots=True)
class RegistryLogin:
    """Who asks a registry."""

    username: str
    password: str = field(repr=False)


class PullFailedError(Exception):
    """An image could not be pulled, or nobody logs in where it is; the text says why."""


class LoginRefusedError(PullFailedError):
    """A registry does not give an image to the login that it was asked with."""


class RegistryLogins(Protocol):
    """Logins to registries, with the host's role."""

    async def login(self, registry: str) -> RegistryLogin | None:
        """Return how to log in at `HOST[:PORT]`; None: without. Raises PullFailedError."""
        ...

    def forget(self, registry: str) -> None:
        """Keep no login there any more: it was refused. Idempotent."""
        ...


class WantedImages(Protocol):
    """Docker, as it pulls images. Every method raises DockerAwayError."""

    async def platform(self) -> str:
        """Return what this host runs, as `linux/amd64`."""
        ...

    async def find(self, image: Image) -> OnHost | None:
        """Return what Docker has by that name and digest; None if nothing."""
        ...

    def pull(self, image: Image, login: RegistryLogin | None) -> AsyncIterator[Progress]:
        """Pull it, telling how far that is. Whoever ends the iteration ends the pull.

        Idempotent. Raises PullFailedError, too; LoginRefusedError where another login may do.
        """
        ...

    async def forget_parts(self) -> None:
        """Give up what is kept of pulls that have not come to their end. OSError."""


class UnitFailedError(Exception):
    """A unit could not be started or restarted; the text says why."""


class Units(Protocol):
    """The units of the host's systemd. Idempotent; every method raises UnitFailedError."""

    async def restart(self, unit: str) -> None:
        """End a unit and start it, also one that does not run; return when it has begun."""
        ...

    async def start(self, unit: str) -> None:
        """Start a unit; of one that does its work and ends, return when it has ended well."""
        ...


class HostSigns(Protocol):
    """What shows on a host that something needs a repair."""

    async def signs(self) -> Signs:
        """Return them; what can't be seen is as if it were well."""
        ...


class UiDesk(Protocol):
    """The agent, as it is told which kiosk UI is on the screen."""

    async def tell_ui(self, report: UiReport) -> None:
        """Tell all of it. Idempotent. Raises AgentAwayError."""
        ...


class RepairsDesk(Protocol):
    """The agent, as it is told what was mended."""

    async def tell_repairs(self, repairs: tuple[HostRepair, ...]) -> str:
        """Tell the last ones, the oldest first; return the LineState. Raises AgentAwayError."""
        ...
