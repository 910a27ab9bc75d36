"""Commands over the routes: ordered, told, ended, withdrawn, expired; by the right people alone."""

from typing import Any
from uuid import uuid4

import pytest

from fleet_service.commands.service import CONTENTS_KEPT, MOST_OPEN
from kiosk_contracts.commands import MOST_CONTENT, MOST_TEXT
from tests.support.command_desk import RECIPIENT, CommandDesk, outcome_of, path_of
from tests.support.fleet import KIOSK_ID, OTHER_KIOSK_ID

AGE = b"age-encryption.org/v1\n"


async def test_a_command_goes_to_its_kiosk_and_its_outcome_comes_back(desk: CommandDesk) -> None:
    told = await desk.orders("logs", reason="a slow till", source="docker", lines=7)
    assert told.status == 201
    assert (told.body["state"], told.body["by"]) == ("waiting", "settings")
    command_id = told.body["command_id"]
    (carried,) = await desk.reports()
    assert carried["command_id"] == command_id
    assert (carried["kind"], carried["source"], carried["lines"]) == ("logs", "docker", 7)
    assert "reason" not in carried
    assert (await desk.stands(command_id))["state"] == "fetched"
    said = outcome_of("done", "7 lines", b"one\ntwo\n", "text/plain")
    assert (await desk.tells(command_id, said)).status == 204
    stands = await desk.stands(command_id)
    assert (stands["state"], stands["why"], stands["content_bytes"]) == ("done", "7 lines", 8)
    content = await desk.ops.ask("GET", path_of(command_id, more="/content"))
    assert content.text == "one\ntwo\n"
    assert content.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert content.headers["Content-Disposition"] == "attachment"
    assert await desk.reports() == []


async def test_a_command_is_told_with_each_report_until_its_outcome_comes(
    desk: CommandDesk,
) -> None:
    first, second = await desk.ordered("doctor"), await desk.ordered("drain")
    for _ in range(2):
        assert [one["command_id"] for one in await desk.reports()] == [first, second]
    await desk.tells(first, outcome_of("refused", "no"))
    assert [one["command_id"] for one in await desk.reports()] == [second]
    assert (await desk.stands(first))["state"] == "refused"


async def test_no_other_kiosk_is_told_it_or_may_end_it(desk: CommandDesk) -> None:
    command_id = await desk.ordered("drain")
    assert await desk.reports(OTHER_KIOSK_ID) == []
    await desk.reports()
    told = await desk.tells(command_id, outcome_of("done"), OTHER_KIOSK_ID)
    assert (told.status, told.code) == (404, "command_unknown")
    assert (await desk.stands(command_id))["state"] == "fetched"
    elsewhere = await desk.ops.ask("GET", path_of(command_id, OTHER_KIOSK_ID))
    assert (elsewhere.status, elsewhere.code) == (404, "command_unknown")


@pytest.mark.parametrize("given", ["11111111-2222-4333-8444-555555555555", "no-id", "../x"])
async def test_a_kiosk_that_lies_about_the_id_changes_nothing(
    desk: CommandDesk, given: str
) -> None:
    command_id = await desk.ordered("drain")
    told = await desk.tells(given, outcome_of("done"))
    assert told.status == 404
    assert (await desk.stands(command_id))["state"] == "waiting"


async def test_what_was_never_told_cannot_have_been_done(desk: CommandDesk) -> None:
    command_id = await desk.ordered("reboot")
    told = await desk.tells(command_id, outcome_of("done", "rebooted"))
    assert (told.status, told.code) == (404, "command_unknown")
    assert (await desk.stands(command_id))["state"] == "waiting"


async def test_the_same_asked_twice_is_one_command(desk: CommandDesk) -> None:
    body = {"command_id": str(uuid4()), "kind": "reboot", "reason": "it hangs"}
    first, again = [await desk.ops.ask("POST", path_of(), body) for _ in range(2)]
    assert (first.status, first.body) == (again.status, again.body)
    assert len(await desk.reports()) == 1
    await desk.tells(body["command_id"], outcome_of("done"))
    late = await desk.ops.ask("POST", path_of(), body)
    assert late.body["state"] == "done", "it is not told anew"
    assert await desk.reports() == []
    for change in ({"kind": "drain"}, {"reason": "else"}, {"expires_in_s": 61}):
        told = await desk.ops.ask("POST", path_of(), {**body, **change})
        assert (told.status, told.code) == (409, "command_differs")


async def test_the_first_outcome_counts(desk: CommandDesk) -> None:
    command_id = await desk.ordered("doctor")
    await desk.reports()
    await desk.tells(command_id, outcome_of("failed", "it fell", b"{}", "application/json"))
    again = await desk.tells(command_id, outcome_of("done", "well", b'{"a":1}', "application/json"))
    assert again.status == 204
    stands = await desk.stands(command_id)
    assert (stands["state"], stands["why"], stands["content_bytes"]) == ("failed", "it fell", 2)


async def test_whoever_comes_too_late_is_told_nothing(desk: CommandDesk) -> None:
    command_id = await desk.ordered("reboot", expires_in_s=60)
    kept = await desk.ordered("drain", expires_in_s=600)
    desk.ops.clock.advance(60)
    assert [one["command_id"] for one in await desk.reports()] == [kept]
    stands = await desk.stands(command_id)
    assert (stands["state"], stands["why"]) == ("expired", "nobody fetched it in time")


async def test_what_was_done_before_its_end_counts_also_when_told_later(desk: CommandDesk) -> None:
    command_id = await desk.ordered("reboot", expires_in_s=60)
    await desk.reports()
    desk.ops.clock.advance(600)
    stands = await desk.stands(command_id)
    assert stands["state"] == "expired"
    assert "may have been done" in stands["why"]
    assert (await desk.tells(command_id, outcome_of("done", "rebooted"))).status == 204
    assert (await desk.stands(command_id))["state"] == "done"


async def test_a_command_is_withdrawn_and_told_no_more(desk: CommandDesk) -> None:
    command_id = await desk.ordered("reboot")
    for _ in range(2):
        told = await desk.ops.ask("DELETE", path_of(command_id))
        assert (told.status, told.body["state"]) == (200, "withdrawn")
        assert told.body["why"] == "settings withdrew it"
    assert await desk.reports() == []


async def test_what_was_withdrawn_too_late_says_so(desk: CommandDesk) -> None:
    command_id = await desk.ordered("reboot")
    await desk.reports()
    told = await desk.ops.ask("DELETE", path_of(command_id))
    assert "may have been done" in told.body["why"]
    assert await desk.reports() == []
    await desk.tells(command_id, outcome_of("done", "rebooted"))
    stands = await desk.stands(command_id)
    assert (stands["state"], stands["why"]) == ("done", "rebooted (withdrawn too late)")
    again = await desk.ops.ask("DELETE", path_of(command_id))
    assert (again.status, again.code) == (409, "command_ended")


async def test_a_command_whose_time_is_over_is_not_withdrawn(desk: CommandDesk) -> None:
    command_id = await desk.ordered("reboot", expires_in_s=60)
    desk.ops.clock.advance(60)
    told = await desk.ops.ask("DELETE", path_of(command_id))
    assert (told.status, told.code) == (409, "command_ended")
    assert "expired" in told.body["detail"]


@pytest.mark.parametrize("kind", ["reboot", "restart_ui"])
async def test_breaking_off_who_is_served_takes_an_administrator(
    desk: CommandDesk, kind: str
) -> None:
    token = await desk.ops.token("operator")
    refused = await desk.orders(kind, token=token, forced=True)
    assert (refused.status, refused.code) == (403, "role_too_low")
    assert (await desk.orders(kind, token=token)).status == 201
    assert (await desk.orders(kind, forced=True)).status == 201
    assert [one["forced"] for one in await desk.reports()] == [False, True]
    entries = [one for one in await desk.ops.audit() if one["route"].endswith("commands")]
    assert sorted(one["state"] for one in entries) == ["done", "done", "refused"]
    forced = [one for one in entries if one["summary"].startswith(f"kind: {kind}; forced: True")]
    assert sorted(one["code"] for one in forced) == ["", "role_too_low"]
    for entry in entries:
        assert f"kiosk/{KIOSK_ID}" in entry["targets"]
        assert any(one.startswith("command/") for one in entry["targets"])


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"kind": "format"}, "kind"),
        ({"kind": "drain", "forced": True}, "forced"),
        ({"kind": "support_bundle"}, "recipient"),
        ({"kind": "logs", "recipient": RECIPIENT}, "recipient"),
        ({"kind": "support_bundle", "recipient": "age1me"}, "recipient"),
        ({"kind": "logs", "lines": 2001}, "lines"),
        ({"kind": "logs", "source": "/etc/shadow"}, "source"),
        ({"kind": "drain", "expires_in_s": 59}, "expires_in_s"),
        ({"kind": "drain", "reason": "a\nb"}, "reason"),
        ({"kind": "drain", "command_id": "7"}, "command_id"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    desk: CommandDesk, body: dict[str, Any], named: str
) -> None:
    told = await desk.orders(**body)
    assert (told.status, told.code) == (422, "body_invalid")
    assert named in told.body["detail"]
    assert await desk.reports() == []


async def test_a_kiosk_has_only_so_much_to_do(desk: CommandDesk) -> None:
    for _ in range(MOST_OPEN):
        await desk.ordered("logs", expires_in_s=60)
    told = await desk.orders("logs")
    assert (told.status, told.code) == (409, "too_many_commands")
    await desk.ordered("logs", kiosk_id=OTHER_KIOSK_ID)
    desk.ops.clock.advance(60)
    await desk.ordered("logs")


async def test_nobody_commands_a_kiosk_that_is_none(desk: CommandDesk) -> None:
    for told in (
        await desk.orders("drain", kiosk_id="nobody"),
        await desk.ops.ask("GET", path_of(kiosk_id="nobody")),
    ):
        assert (told.status, told.code) == (404, "kiosk_unknown")


async def test_the_newest_commands_come_first_page_by_page(desk: CommandDesk) -> None:
    made = []
    for _ in range(5):
        made.append(await desk.ordered("logs"))
        desk.ops.clock.advance(1)
    await desk.ordered("logs", kiosk_id=OTHER_KIOSK_ID)
    seen, after = [], ""
    while True:
        told = await desk.ops.ask("GET", path_of() + f"?limit=2&after={after}")
        seen += [one["command_id"] for one in told.body["commands"]]
        after = told.body["next_after"]
        if after is None:
            break
    assert seen == made[::-1]


async def test_a_large_bundle_comes_back_as_it_was_and_is_dropped_when_it_is_old(
    desk: CommandDesk,
) -> None:
    bundle = (AGE + bytes(range(256)) * 8000)[:MOST_CONTENT]
    command_id = await desk.ordered("support_bundle", recipient=RECIPIENT)
    await desk.reports()
    told = await desk.tells(command_id, outcome_of("done", "", bundle, "application/age"))
    assert told.status == 204, told.text
    url = f"/v1/ops/{path_of(command_id, more='/content')}"
    headers = {"EventPro-Ops-Token": "open-the-venues"}
    async with desk.ops.http.get(url, headers=headers) as answer:
        assert await answer.read() == bundle
    for number in range(CONTENTS_KEPT + 1):
        desk.ops.clock.advance(1)
        newer = await desk.ordered("logs", expires_in_s=60)
        await desk.reports()
        await desk.tells(newer, outcome_of("done", "", b"%d" % number, "text/plain"))
    gone = await desk.ops.ask("GET", path_of(command_id, more="/content"))
    assert (gone.status, gone.code) == (404, "command_unknown")
    assert (await desk.stands(command_id))["content_type"] == ""
    assert (await desk.ops.ask("GET", path_of(newer, more="/content"))).status == 200


async def test_a_kiosks_words_are_made_harmless(desk: CommandDesk) -> None:
    wild = "\x1b[31m<b>\u202eno".encode()
    for kind, content, kept in (
        ("text/plain", b"a\n" + wild + b"\xff\n", "a\n\u2039b\u203a no\ufffd\n"),
        ("application/json", b'{"<a>": "\\u001b[1mx"}', '{"\u2039a\u203a": "x"}'),
    ):
        command_id = await desk.ordered("logs")
        await desk.reports()
        await desk.tells(command_id, outcome_of("done", wild.decode(), content, kind))
        assert (await desk.stands(command_id))["why"] == "\u2039b\u203a no"
        told = await desk.ops.ask("GET", path_of(command_id, more="/content"))
        assert told.text == kept


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"<script>", "text/html"),
        (b"not sealed", "application/age"),
        (b"{", "application/json"),
        (b"x", ""),
        (b"x" * (MOST_TEXT + 1), "text/plain"),
    ],
    ids=["a page", "not sealed", "no JSON", "no kind", "too much"],
)
async def test_what_is_brought_back_in_no_form_of_ours_is_refused(
    desk: CommandDesk, content: bytes, kind: str
) -> None:
    command_id = await desk.ordered("logs")
    await desk.reports()
    told = await desk.tells(command_id, outcome_of("done", "", content, kind))
    assert (told.status, told.code) == (422, "body_invalid")
    assert (await desk.stands(command_id))["state"] == "fetched"


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ({"end": "done", "content": "no base64!"}, 422),
        ({"end": "perhaps"}, 422),
        (outcome_of("done", "", AGE + b"x" * MOST_CONTENT, "application/age"), 422),
        (outcome_of("done", "", AGE + b"x" * (MOST_CONTENT + 9000), "application/age"), 413),
    ],
)
async def test_an_outcome_that_does_not_fit_is_refused(
    desk: CommandDesk, outcome: Any, status: int
) -> None:
    command_id = await desk.ordered("logs")
    await desk.reports()
    assert (await desk.tells(command_id, outcome)).status == status


async def test_a_command_that_brought_nothing_has_nothing_to_show(desk: CommandDesk) -> None:
    command_id = await desk.ordered("drain")
    told = await desk.ops.ask("GET", path_of(command_id, more="/content"))
    assert (told.status, told.code) == (404, "command_unknown")
