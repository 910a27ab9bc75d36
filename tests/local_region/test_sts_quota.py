"""STS answers so many proofs of identity a second, and hosts of simulated fleets are there."""

from datetime import UTC, datetime

import botocore.exceptions
import pytest

from local_region.clock import ShiftedClock
from local_region.ecs.lines.acs import AcsLines
from local_region.ecs.model import ContainerInstance, EcsState
from local_region.faults.faults import Faults
from local_region.settings import RegionSettings
from local_region.ssm.model import ManagedInstance
from tests.support.region import running_region

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def test_proofs_beyond_the_quota_are_throttled_until_time_has_passed() -> None:
    with running_region(RegionSettings(sts_per_second=3)) as region:
        region.clock.stop()
        sts = region.client("sts")
        for _ in range(3):
            sts.get_caller_identity()
        with pytest.raises(botocore.exceptions.ClientError, match="Throttling"):
            sts.get_caller_identity()


def test_a_simulated_host_counts_as_connected_and_online_and_another_does_not() -> None:
    state = EcsState()
    for name, simulated in (("one", True), ("two", False)):
        state.instances[name] = ContainerInstance(
            arn=name,
            cluster="kiosks",
            instance_id="mi-0123456789abcdef0",
            registered=NOW,
            simulated=simulated,
            connected=True,
        )
    AcsLines(state, ShiftedClock(), Faults(), lambda: None)
    assert [one.connected for one in state.instances.values()] == [True, False]
    told = {
        "activation_id": "a",
        "role": "r",
        "registered": NOW,
        "public_key": "",
        "fingerprint": "",
    }
    for simulated, status in ((True, "Online"), (False, "ConnectionLost")):
        node = ManagedInstance(instance_id="mi-0123456789abcdef0", simulated=simulated, **told)
        assert node.ping_status(NOW) == status
