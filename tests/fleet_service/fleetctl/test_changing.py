"""Releases, moves and tokens by `fleetctl`."""

import re
from uuid import uuid4

from tests.fleet_service.fleetctl.conftest import Operator
from tests.support.external_instance import until
from tests.support.fleet_tasks import heard_by_all

IMAGE = f"registry.example.com/kiosk-ui@sha256:{'2' * 64}"


async def test_a_release_is_made_and_shown(operator: Operator) -> None:
    made = ("release", "create", "r-2", "--image", IMAGE, "--set", "KIOSK_UI_LOCALE=de_DE")
    out, _ = await operator.types(*made, "--dry-run")
    assert out.startswith("would make the release r-2")
    assert await operator.reads("release", "list") == []
    out, _ = await operator.types(*made)
    assert out.splitlines()[0] == "r-2 is live in eu-central-1/kiosks"
    assert "fleetctl release move KIOSK --to r-2" in out
    assert (await operator.reads(*made))["state"] == "live", "the same again finds it made"
    out, _ = await operator.types("release", "show", "r-2")
    assert IMAGE in out
    assert "KIOSK_UI_LOCALE de_DE" in re.sub(" +", " ", out)
    out, _ = await operator.types("release", "list")
    assert out.splitlines()[1].split()[:2] == ["r-2", "live"]
    _, err = await operator.types(*made, "--memory", "300", status=1)
    assert "r-2" in err
    _, err = await operator.types("release", "retire", "r-2", status=1)
    assert "--yes" in err
    assert "retired" in (await operator.types("release", "retire", "r-2", "--yes"))[0]
    bad = ("release", "create", "r-3", "--image", "registry/kiosk-ui:latest")
    _, err = await operator.types(*bad, status=1)
    assert "names no digest" in err


async def test_a_move_is_begun_watched_and_stopped(operator: Operator) -> None:
    await operator.types("release", "create", "r-2", "--image", IMAGE)
    host = await operator.hall.enrolled()
    await host.report(await host.opens(), ui={"source": "ecs", "image": IMAGE})
    move_id = str(uuid4())
    start = ("release", "move", "till-hb1", "--to", "r-2", "--id", move_id)
    out, _ = await operator.types(*start, "--dry-run")
    assert out.startswith("would move till-hb1 to r-2")
    _, err = await operator.types(*start, status=1)
    assert "--yes" in err
    assert await operator.reads("move", "list") == []
    # Its first release was not made here: nobody can say that it could be brought back to it.
    _, err = await operator.types(*start, "--yes", status=1)
    assert "--without-way-back" in err
    start = (*start, "--without-way-back")
    told = await operator.reads(*start, "--yes")
    assert (told["move_id"], told["state"]) == (move_id, "running")
    assert (await operator.reads(*start, "--yes"))["move_id"] == move_id, "it is no second one"

    async def decided() -> bool:
        return bool((await operator.reads("move", "show", move_id))["decisions"])

    await until(decided, "a decision")
    out, _ = await operator.types("move", "show", move_id)
    assert re.search(r"till-hb1 +\w+", out)
    assert "DECISION" in out
    _, err = await operator.types("move", "pause", move_id, "--why", "lunch")
    assert "is paused" in err
    out, _ = await operator.types("move", "list", "--open")
    assert "0 of 1" in out
    await operator.types("move", "resume", move_id)
    _, err = await operator.types("move", "abort", move_id, status=1)
    assert "--yes" in err
    await operator.types("move", "abort", move_id, "--yes", "--why", "wrong font")
    # Watching one that has ended ends, too.
    watched = await operator.reads("move", "show", move_id, "--watch")
    assert watched["state"] == "aborted"
    assert await operator.reads("move", "list", "--open") == []
    audited = await operator.reads("audit", "--target", f"move/{move_id}")
    assert {one["route"].rpartition("/")[2] for one in audited} >= {"pause", "resume", "abort"}
    assert any("without_way_back: True" in one["summary"] for one in audited)
    out, _ = await operator.types("audit", "--limit", "2")
    assert len(out.splitlines()) >= 3


async def test_what_can_not_be_moved_is_said(operator: Operator) -> None:
    _, err = await operator.types("release", "move", "nobody", "--to", "r-2", "--yes", status=1)
    assert "nobody is no kiosk and no venue" in err
    _, err = await operator.types(
        *("release", "move", "till-hb1", "--to", "r-9", "--yes", "--settle", "5"), status=1
    )
    assert "settle_s" in err
    _, err = await operator.types("move", "show", "x", status=1)
    assert "x is the id of no move" in err


async def test_a_token_is_made_into_a_file_used_and_revoked(operator: Operator) -> None:
    file = operator.folder / "night"
    create = ("token", "create", "Night shift", "viewer", "30d", "--write", str(file))
    out, _ = await operator.types(*create)
    assert "Night shift is viewer" in out
    assert file.read_text().strip() not in out
    assert file.stat().st_mode & 0o777 == 0o600
    assert (await operator.reads("whoami", file="night"))["name"] == "Night shift"
    _, err = await operator.types("token", "list", file="night", status=1)
    assert "admin" in err
    _, err = await operator.types(*create, status=1)
    assert "Name a file that is not there" in err
    [made] = [one for one in await operator.reads("token", "list") if one["name"] == "Night shift"]
    out, _ = await operator.types("token", "revoke", made["token_id"], "--yes")
    assert "counts no more" in out
    await heard_by_all(operator.hall.office.fleet)
    await operator.types("whoami", file="night", status=1)
    assert "revoked" in (await operator.types("token", "list"))[0]


async def test_a_token_that_is_refused_leaves_no_file(operator: Operator) -> None:
    file = operator.folder / "long"
    create = ("token", "create", "x", "admin", "900d", "--write", str(file))
    _, err = await operator.types(*create, status=1)
    assert err.startswith("fleetctl: ")
    assert not file.exists()
