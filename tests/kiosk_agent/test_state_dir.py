"""The state directory's own name is on the disk before the journal in it answers anybody."""

import os
from pathlib import Path

import pytest

from kiosk_agent import runtime
from kiosk_agent.settings import AgentSettings


@pytest.mark.parametrize("made", [True, False], ids=["there", "absent"])
def test_its_name_is_synced_also_if_a_killed_agent_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, made: bool
) -> None:
    state_dir = tmp_path / "state"
    if made:
        state_dir.mkdir()
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    runtime._make_state_dir(AgentSettings.model_construct(state_dir=state_dir))
    assert synced == [tmp_path.stat().st_ino]
    assert state_dir.is_dir()
