"""What a region is started with."""

from dataclasses import dataclass
from pathlib import Path

from local_region.ecs.services.moves import Order
from local_region.throttles.buckets import STS_PER_SECOND


@dataclass(frozen=True, slots=True)
class OperatorKey:
    """A pair for the operator, given from outside."""

    access_key_id: str
    secret_key: str


@dataclass(frozen=True, slots=True)
class RegionSettings:
    """`port` 0: any free one. `state` None: nothing survives. `seed` None: ids by chance.

    `tls_port` None: plain http alone. `moves` None: each kiosk's move between services draws its
    own order.
    """

    host: str = "127.0.0.1"
    port: int = 0
    account: str = "111122223333"
    region: str = "eu-central-1"
    state: Path | None = None
    seed: int | None = None
    throttles: bool = True
    sts_per_second: float = STS_PER_SECOND
    moto: bool = False
    moves: Order | None = None
    tls_port: int | None = None
    operator: OperatorKey | None = None
