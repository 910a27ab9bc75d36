"""The system clock gives what the rules count on."""

from datetime import timedelta

from kiosk_agent.adapters.system_clock import SystemClock


async def test_clocks_are_utc_growing_and_of_one_boot() -> None:
    clock = SystemClock()
    first = clock.boottime_ms()
    await clock.sleep(0.002)
    assert clock.boottime_ms() > first
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.boot_id() == SystemClock().boot_id() != ""
