"""The supervisor's settings: read once, checked whole, frozen, passed in."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints
from pydantic_settings import BaseSettings, SettingsConfigDict

from kiosk_agent.settings_file import read_settings
from kiosk_agent.supervisor.console.display.kind import ConsoleSetting
from kiosk_contracts.sessions import Audience

ENV_PREFIX: Final = "KIOSK_SUPERVISOR_"


class SupervisorSettings(BaseSettings):
    """All settings; `docs/configuration.md` describes each."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    identity_audience: Audience
    credentials_file: Path = Path("/root/.aws/credentials")
    admin_socket: Path = Path("/run/eventpro/admin.sock")
    ui_socket: Path = Path("/run/eventpro/ui.sock")
    """Of the agent, whose absence is seen; the standby has its folder."""
    supervisor_socket: Path = Path("/run/eventpro-supervisor/supervisor.sock")
    docker_socket: Path = Path("/run/docker.sock")
    docker_root: Path = Path("/var/lib/docker")
    """Where Docker keeps images: the disk whose room is watched."""
    ecs_agent_url: Annotated[str, StringConstraints(pattern=r"^http://[^/]+$")] = (
        "http://127.0.0.1:51678"
    )
    state_dir: Path = Path("/var/lib/eventpro-supervisor")
    https_proxy: Annotated[str, StringConstraints(pattern=r"^(http://[^/@\s][^\s]*)?$")] = ""
    """By which registries are reached; empty for none. As the agent's."""
    pull_bytes_per_s: Annotated[int, Field(ge=0)] = 2_000_000
    """How fast images are pulled at most; 0: as fast as the line is."""
    repairs: bool = True
    """Whether what goes wrong on the host is mended; False: it is left to people."""
    locale: str = "en_GB"
    """What the console speaks while no kiosk UI is on it: the venue's, as the agent's."""
    console: ConsoleSetting = "auto"
    """What the first screen is: a display's full-screen terminal where there is one, or bare."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def errands_dir(self) -> Path:
        """Where it says what is to be done, and reads what came of it."""
        return self.supervisor_socket.parent / "errands"


def load_settings(config: Path | None) -> SupervisorSettings:
    """Read the settings: environment first, then the TOML file. Raises SettingsError."""
    return read_settings(SupervisorSettings, config)
