"""Settings of the fleet service: environment (`FLEET_SERVICE_…`), then a TOML file, then defaults.

All are read once, at start; the kiosks file alone is read again whenever it changes.
"""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, AnyHttpUrl, Field, ValidationError, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from cloud_store.places import RegionName, StorePlace, TableName, TablePlace
from fleet_service.releases.domain.halting import CalledAfter
from kiosk_contracts.sessions import Audience

ENV_PREFIX = "FLEET_SERVICE_"


_OF_INSTANCES: Final = (
    "instance_account",
    "instance_role",
    "instance_regions",
    "identity_audience",
)
_OF_TABLE: Final = ("store_table", "store_region")
_A_STORE: Final = "state_file or store_table"
_NEEDS: Final = {
    "ops_token_sha256": (_A_STORE,),
    "instance_cluster": (*_OF_INSTANCES, _A_STORE),
    "instance_clusters": ("instance_cluster",),
    "event_queues": ("instance_cluster",),
    "first_release": ("instance_cluster",),
    "run_commands": ("instance_cluster",),
}


def _bare(url: AnyHttpUrl) -> AnyHttpUrl:
    if url.query or url.fragment or url.username or url.password:
        msg = "give scheme, host, port and at most a path, nothing more"
        raise ValueError(msg)
    return url


RegionCluster = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d/[A-Za-z0-9_-]{1,255}$")]
RegionQueue = Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d/[A-Za-z0-9_-]{1,80}$")]


class FleetSettings(BaseSettings):
    """What the fleet service needs to know; see docs/configuration.md for examples."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, frozen=True, extra="forbid")

    ticket_api_url: Annotated[AnyHttpUrl, AfterValidator(_bare)]
    """Base address of the ticket API, or of the API Gateway stage before it."""
    kiosks_file: Path
    """JSON registry of the kiosks that may open sessions."""
    signing_key_file: Path
    """Private key that session tokens are signed with (`fleet-service keygen`), mode 0600."""
    ticket_api_ops_token_file: Path | None = None
    """File with the ticket API's ops token: operators may search transactions then."""
    public_keys_file: Path | None = None
    """Public keys whose tokens count, as the ticket API reads them; None: the signing key's own."""
    host: str = "127.0.0.1"
    port: int = Field(default=8400, ge=0, le=65535)
    """0 takes a free one and tells it on standard output."""
    token_ttl_s: int = Field(default=4 * 3600, ge=60, le=86400)
    body_limit_bytes: int = Field(default=10 * 1024 * 1024, ge=1024, le=10 * 1024 * 1024)
    """API Gateway carries 10 MB at most."""
    relay_timeout_s: float = Field(default=25.0, gt=0, lt=30)
    """For a whole relayed request; API Gateway gives up at 30 s."""
    relay_connect_timeout_s: float = Field(default=5.0, gt=0, lt=30)
    relay_connections: int = Field(default=100, ge=1, le=1000)
    """Requests to the ticket API at once, each on a connection of its own, of all kiosks."""
    relay_per_kiosk: int = Field(default=4, ge=1, le=100)
    """The same, of one kiosk."""
    relay_waiting: int = Field(default=500, ge=0, le=10_000)
    """How many requests wait for their turn at most; more are told when to come again."""
    relay_wait_s: float = Field(default=3.0, gt=0, lt=30)
    """How long one waits at most. With `relay_timeout_s` less than a kiosk waits for an answer."""
    relay_held_bytes: int = Field(default=256 * 1024 * 1024, ge=1024)
    """Bytes of bodies that are held at once while they come, wait and go on."""
    relay_failures: int = Field(default=5, ge=1, le=1000)
    """So many failures in a row, and the ticket API is left in peace."""
    relay_open_s: float = Field(default=10.0, gt=0, le=600)
    """For so long; then one request tries."""
    relay_slow_s: float = Field(default=20.0, gt=0)
    """An answer that takes longer counts as a failure there, though it is passed on."""
    path_every_s: float = Field(default=120.0, ge=0.05, le=150)
    """How often the way to the ticket API is tried, which keeps the VPC link alive."""
    body_timeout_s: float = Field(default=25.0, gt=0)
    """How long the body of a request may take to come."""
    idle_s: float = Field(default=75.0, gt=0)
    """A connection that asks nothing for so long is closed; a load balancer does so before."""
    sigv4_region: RegionName | None = None
    """Sign relayed requests for API Gateway in this region; None: not signed."""
    state_file: Path | None = None
    """SQLite file of venues and kiosks, which operators with a token may change."""
    store_table: TableName | None = None
    """The same in a DynamoDB table instead, for several tasks (`fleet-service store create`)."""
    store_region: RegionName | None = None
    """Of that table."""
    ops_token_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """SHA-256 of the first administrator's token, with which the others are made."""
    ops_session_s: int = Field(default=4 * 3600, ge=300, le=12 * 3600)
    """How long a dashboard's session lasts at most."""
    ops_requests_per_s: float = Field(default=10.0, gt=0, le=1000)
    """How often one operator's token may ask, in the long run; an address four times as often."""
    ops_requests_burst: int = Field(default=200, ge=1, le=10_000)
    """How many requests at once."""
    ops_failures_allowed: int = Field(default=10, ge=1, le=1000)
    """Wrong tokens from one address, before it is told to wait; one more every ten seconds."""
    kiosk_reports_per_s: float = Field(default=5.0, gt=0, le=100_000)
    """How often one kiosk may tell of itself, and of its commands, in the long run."""
    kiosk_reports_burst: int = Field(default=60, ge=1, le=100_000)
    """How often at once."""
    proxies: int = Field(default=0, ge=0, le=5)
    """Proxies of ours before this service, each of which adds to X-Forwarded-For."""
    instance_account: Annotated[str, Field(pattern=r"^[0-9]{12}$")] | None = None
    """AWS account of the kiosks' hosts; with the next three, proofs of managed instances count."""
    instance_role: Annotated[str, Field(pattern=r"^[\w+=,.@-]{1,64}$")] | None = None
    """Name of the managed-instance role, without a path."""
    instance_regions: tuple[RegionName, ...] = ()
    """Regions of the kiosks' hosts: the STS endpoints that may be asked."""
    identity_audience: Audience | None = None
    """What proofs must be made for: a name of this service, the same in every kiosk's settings."""
    sts_connect_to: Annotated[AnyHttpUrl, AfterValidator(_bare)] | None = None
    """For a local region alone: where STS is asked instead of at its own address."""
    instance_cluster: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")] | None = None
    """ECS cluster of the kiosks; hosts that are enrolled become kiosks by what it says of them."""
    instance_clusters: tuple[RegionCluster, ...] = ()
    """Which clusters are looked at, `REGION/CLUSTER`; none: `instance_cluster` in each region."""
    event_queues: tuple[RegionQueue, ...] = ()
    """Queues of SQS with ECS's events of container instances, `REGION/NAME`."""
    mover: Literal["attribute", "tasks"] = "attribute"
    """How kiosks are moved to a release: by an attribute that its DAEMON service goes by, or, where
    ECS takes no DAEMON services for external instances, by starting and stopping tasks."""
    move_every_s: float = Field(default=5.0, ge=0.05)
    """How often each move that runs is looked at."""
    moves_lease_s: float = Field(default=30.0, ge=1.0)
    """When the task that goes on with moves dies, another does within it."""
    move_stuck_after_s: float = Field(default=3600.0, ge=1, le=7 * 86_400)
    """A move in which no kiosk came on for so long calls somebody (`move_stuck`)."""
    move_back_within_s: float = Field(default=900.0, ge=1, le=86_400)
    """So does one in which a kiosk that failed is not back for so long."""
    run_commands: bool = False
    """Whether operators may have Systems Manager run our own document on hosts."""
    sweep_every_s: float = Field(default=60.0, ge=0.05)
    """How often ECS and Systems Manager are asked about all hosts."""
    judge_every_s: float = Field(default=15.0, ge=0.05)
    """How often all kiosks are judged, for alarms and histories."""
    streams_per_token: int = Field(default=10, ge=1, le=1000)
    """Streams of changes that one operator's token may have open, at one task."""
    streams_most: int = Field(default=200, ge=1, le=10_000)
    """Streams that are open at one task, at most."""
    stream_comment_s: float = Field(default=15.0, gt=0, le=60)
    """How often a stream in which nothing happens says that it is there."""
    first_release: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@/:-]{1,128}$")] | None = None
    """What a host that becomes a kiosk is told to run, as the attribute `kiosk.release`."""
    proof_failures_allowed: int = Field(default=5, ge=1)
    """Wrong secrets in a row for one kiosk from one address, which has to pause then."""
    proof_pause_s: float = Field(default=30.0, gt=0)
    ready_cache_s: float = Field(default=2.0, ge=0)
    """How long `/readyz` repeats what it last learnt of the ticket API."""
    drain_notice_s: float = Field(default=0.0, ge=0)
    """After SIGTERM: how long to go on serving while `/readyz` says draining, so that a load
    balancer sends nothing new. A second signal ends it."""
    drain_s: float = Field(default=30.0, gt=0)
    """Then: how long requests at hand may take to finish."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def called_after(self) -> CalledAfter:
        """Return how long a move may do nothing until somebody is called."""
        return CalledAfter(
            stuck=timedelta(seconds=self.move_stuck_after_s),
            not_back=timedelta(seconds=self.move_back_within_s),
        )

    @property
    def swept_clusters(self) -> tuple[str, ...]:
        """Return which clusters are looked at, `REGION/CLUSTER`."""
        if self.instance_cluster is None or self.instance_clusters:
            return self.instance_clusters
        return tuple(f"{region}/{self.instance_cluster}" for region in self.instance_regions)

    @property
    def swept_regions(self) -> tuple[str, ...]:
        """Return in which regions Systems Manager is asked about all hosts."""
        return tuple(dict.fromkeys(each.split("/")[0] for each in self.swept_clusters))

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.state_file and self.store_table:
            msg = "state_file and store_table are two stores; set one of them"
            raise ValueError(msg)
        for together in (_OF_INSTANCES, _OF_TABLE):
            missing = [name for name in together if not getattr(self, name)]
            if missing and len(missing) < len(together):
                msg = f"{', '.join(together)} belong together; {', '.join(missing)} is missing"
                raise ValueError(msg)
        for name, needs in _NEEDS.items():
            missing = [one for one in needs if not self._has(one)]
            if getattr(self, name) and missing:
                msg = f"{name} needs {', '.join(missing)}"
                raise ValueError(msg)
        self._have_first_release_made()
        return self

    def _have_first_release_made(self) -> None:
        """Refuse a first release for hosts in a cluster where no release is made."""
        ours = [f"{region}/{self.instance_cluster}" for region in self.instance_regions]
        missing = [one for one in ours if one not in self.swept_clusters]
        if self.first_release and missing:
            msg = f"first_release needs {', '.join(missing)} among instance_clusters"
            raise ValueError(msg)

    def store_place(self) -> StorePlace | None:
        """Return where venues and kiosks are kept; None: nowhere."""
        if self.store_table is not None and self.store_region is not None:
            return TablePlace(self.store_table, self.store_region)
        return self.state_file

    def _has(self, names: str) -> bool:
        return any(getattr(self, name) for name in names.split(" or "))


class SettingsRefusedError(Exception):
    """One clear line for every setting that is missing or wrong."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def load_settings(config: Path | None) -> FleetSettings:
    """Read environment and file; raises SettingsRefusedError."""
    from_file = _read_toml(config)

    class FromFile(FleetSettings):
        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  pydantic's signature
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  the same
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return init_settings, env_settings, InitSettingsSource(settings_cls, from_file)

    try:
        return FromFile()
    except ValidationError as error:
        raise SettingsRefusedError(_lines(error)) from error


def _read_toml(config: Path | None) -> dict[str, object]:
    if config is None:
        return {}
    try:
        return tomllib.loads(config.read_text("utf-8"))
    except OSError as error:
        raise SettingsRefusedError([f"config file {config}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsRefusedError([f"config file {config} is not TOML: {error}"]) from error


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for each in error.errors(include_input=False, include_url=False):
        name = str(each["loc"][0]) if each["loc"] else "settings"
        match each["type"]:
            case "missing":
                what = "is missing"
            case "extra_forbidden":
                what = "is no setting of the fleet service; see fleet-service serve --help"
            case _:
                what = f"is wrong: {each['msg']}"
        lines.append(f"{name} {what} (in the config file, or {ENV_PREFIX}{name.upper()})")
    return lines
