"""`kiosk-agent journal archives`, asked of a running agent and at rest."""

from pathlib import Path
from typing import Any

from kiosk_agent.adapters.archive_files import FileArchives
from kiosk_agent.adapters.journal.store import open_journal
from kiosk_agent.adapters.system_clock import SystemClock
from kiosk_contracts.uploads import ItemOutcome
from tests.support.agent_process import KioskFolder, command, kiosk_folder, running_agent

NOBODY = "http://127.0.0.1:9"


async def _archived(folder: KioskFolder) -> str:
    """Record five transactions and archive four of them; return the file's name."""
    await folder.queue(5)
    clock = SystemClock()
    async with open_journal(folder.journal_path, clock=clock, kiosk_id=folder.kiosk_id) as journal:

        def settle_all(writer: Any) -> None:
            for sequence in range(1, 6):
                outcome = ItemOutcome(txn_id=None, status="settled")
                writer.settle(sequence, outcome, clock.now().replace(year=2020))

        await journal.write(settle_all)
        lines = await journal.read(lambda reader: reader.archivable(clock.now(), 99))
        identity = await journal.read(lambda reader: reader.identity())
        facts = FileArchives(folder.state_dir / "archive").write(identity.journal_id, lines)
        await journal.write(lambda writer: writer.leave_for_archive(facts, lines, clock.now()))
    return facts.name


async def test_at_rest_each_is_listed_and_checked() -> None:
    with kiosk_folder(NOBODY) as folder:
        nothing = await command(folder, "journal", "archives")
        name = await _archived(folder)
        listed = await command(folder, "journal", "archives")
        form = await command(folder, "journal", "archives", "--json")
        (Path(folder.state_dir) / "archive" / name).write_bytes(b"damaged")
        damaged = await command(folder, "journal", "archives")
        (Path(folder.state_dir) / "archive" / name).unlink()
        missing = await command(folder, "journal", "archives")
    assert (nothing.status, nothing.out.splitlines()[-1]) == (3, "No archives yet.")
    assert (listed.status, listed.out.splitlines()[1]) == (3, f"{name}  4 transactions, whole")
    assert form.json() == {
        "agent_running": False,
        "archives": [{"file": name, "transactions": 4, "in_journal": True, "problem": ""}],
    }
    assert (damaged.status, missing.status) == (1, 1)
    assert f"{name} can't be read" in damaged.out
    assert f"{name} can't be read" in missing.out


async def test_a_running_agent_says_which_it_has_and_another_file_of_that_name_is_found() -> None:
    with kiosk_folder(NOBODY, archive_after_s=1e9) as folder:
        name = await _archived(folder)
        async with running_agent(folder) as agent:
            listed = await command(folder, "journal", "archives")
            files = FileArchives(folder.state_dir / "archive")
            lines = [{**line, "attempts": 99} for line in files.read(name)]
            files.write(files.verify(name).journal_id, lines)
            other = await command(folder, "journal", "archives", "--json")
            assert await agent.stop() == 0
    assert (listed.status, listed.out) == (0, f"{name}  4 transactions, whole\n")
    assert other.status == 1
    assert "not the file that was written" in other.json()["archives"][0]["problem"]
