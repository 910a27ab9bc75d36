"""What the agent is told of the kiosk UI. No I/O."""

from collections.abc import Callable
from datetime import datetime

from kiosk_agent.supervisor.domain.host import Host, Source
from kiosk_agent.supervisor.domain.memory import Memory, is_ready
from kiosk_contracts.images import MOST_NAME
from kiosk_contracts.ui_report import (
    MOST_CRASHING,
    MOST_UI_TEXT,
    CrashingImage,
    UiReport,
    UiSource,
)


def ui_report(memory: Memory, host: Host, now_ms: int, at: Callable[[int], datetime]) -> UiReport:
    """Return it; `at` says what the clock on the wall showed at a time of CLOCK_BOOTTIME."""
    shown = next((one for one in host.running if one.screen_id == host.holder), None)
    held_by, since_ms = memory.held_since
    known_since = shown is not None and held_by == shown.screen_id
    return UiReport(
        source=UiSource.NONE if shown is None else UiSource(shown.source.value),
        image="" if shown is None else shown.task.image[:MOST_NAME],
        since=at(since_ms) if known_since else None,
        crashing=tuple(_crashing(memory, now_ms, at))[:MOST_CRASHING],
        docker_away=host.docker_away[:MOST_UI_TEXT],
        standby_ready=any(
            one.source is Source.STANDBY and is_ready(host, one) for one in host.running
        ),
    )


def _crashing(memory: Memory, now_ms: int, at: Callable[[int], datetime]) -> list[CrashingImage]:
    told = []
    for image_id in sorted({one.image_id for one in memory.ended.values()}):
        end = memory.last_end(image_id)
        if end is None or not memory.is_crashing(image_id, now_ms):
            continue
        told.append(
            CrashingImage(
                image=(end.image or image_id)[:MOST_NAME],
                ends=len(memory.crashes(image_id, now_ms)),
                last_exit=end.how[:MOST_UI_TEXT],
                last_at=at(end.at_ms),
            )
        )
    return sorted(told, key=lambda one: one.last_at, reverse=True)
