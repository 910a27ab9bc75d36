# ruff: noqa: RUF001  these characters are what keyboards send
"""Any keyboard layout, learnt from one scan of the calibration code, reads every code as it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_contracts.scanning import CALIBRATION_TEXT, CODE_CHARACTERS
from kiosk_contracts.ticket_code import TicketCode, TicketFacts
from kiosk_ui.keyboard_layout import KeyboardLayout, LayoutError, learn
from tests.support.keyboards import (
    CapsLock,
    Layout,
    console_caps_lock,
    layouts,
    scan_at,
    xkb_caps_lock,
)

US = layouts()["English (US)"]
CAPS_LOCKS: list[CapsLock | None] = [None, xkb_caps_lock, console_caps_lock]
PLAIN = KeyboardLayout(CODE_CHARACTERS)
codes = st.builds(
    lambda serial, signature: TicketCode(TicketFacts(1, 7, 1, serial), signature).encode(),
    st.just("0000000000"),
    st.binary(min_size=64, max_size=64),
)


def arrived(host: Layout, text: str, caps: CapsLock | None = None, scanner: Layout = US) -> str:
    raw = scan_at(host, scanner, text, caps)
    assert raw is not None
    return raw


def learnt_or_refused(raw: str) -> KeyboardLayout | LayoutError:
    try:
        return learn(raw)
    except LayoutError as error:
        return error


def test_there_are_more_than_a_dozen_real_layouts() -> None:
    assert len(layouts()) >= 18
    assert all("\0" not in arrived(host, CODE_CHARACTERS) for host in layouts().values())


@pytest.mark.parametrize("host", layouts().values(), ids=layouts())
@pytest.mark.parametrize("before", CAPS_LOCKS, ids=["off", "xkb", "console"])
@given(code=codes)
def test_each_layout_reads_codes_once_calibrated_with_and_without_caps_lock(
    host: Layout, before: CapsLock | None, code: str
) -> None:
    layout = learn(arrived(host, CALIBRATION_TEXT, before))
    for now in CAPS_LOCKS:
        # Of a host's two ways to lock, one is its own: it does not change between two scans.
        if None in {before, now} or before is now:
            assert layout.read(arrived(host, code, now)) == code


@pytest.mark.parametrize("host", layouts().values(), ids=layouts())
@pytest.mark.parametrize("scanner", layouts().values(), ids=layouts())
def test_a_scanner_of_any_country_at_any_kiosk_is_read_or_refused_in_words(
    host: Layout, scanner: Layout
) -> None:
    raw = scan_at(host, scanner, CALIBRATION_TEXT)
    code = TicketCode(TicketFacts(1, 7, 1, "0000000000"), bytes(range(64))).encode()
    if raw is None:
        # A keyboard without Latin letters can't type a code at all.
        assert scanner.title == "Russian"
        return
    learnt = learnt_or_refused(raw)
    if isinstance(learnt, LayoutError):
        assert str(learnt).endswith(".")
        assert learnt.what_to_do
        assert host is not scanner
    elif not learnt.may_be_dead:
        assert learnt.read(arrived(host, code, scanner=scanner)) == code


def test_of_all_pairs_of_scanner_and_kiosk_few_are_refused() -> None:
    all_ = layouts().values()
    scans = [scan_at(host, scanner, CALIBRATION_TEXT) for host in all_ for scanner in all_]
    refused = [raw for raw in scans if isinstance(learnt_or_refused(raw or ""), LayoutError)]
    assert len(refused) / len(scans) < 0.15


def test_what_a_dead_key_has_joined_is_taken_apart() -> None:
    # A French scanner at a US international kiosk: Shift and 6 is a dead circumflex.
    host, scanner = layouts()["English (US, international)"], layouts()["French (AZERTY)"]
    layout = learn(arrived(host, CALIBRATION_TEXT, scanner=scanner))
    assert layout.may_be_dead == "^"
    raw = arrived(host, "EP16E6A77B6O", scanner=scanner)
    assert "Ê" in raw
    assert layout.read(raw) == "EP16E6A77B6O"


def test_a_layout_that_needs_no_calibration_is_told_as_such() -> None:
    assert learn(CALIBRATION_TEXT) == PLAIN
    assert learn(CALIBRATION_TEXT).moved == 0
    assert learn(CALIBRATION_TEXT.lower()).moved == 0
    assert learn(arrived(layouts()["German"], CALIBRATION_TEXT)).moved == 2
    assert learn(arrived(layouts()["French (AZERTY)"], CALIBRATION_TEXT)).moved == 15


def test_two_characters_that_arrive_alike_are_named() -> None:
    raw = CALIBRATION_TEXT.replace("Y", "Z")
    with pytest.raises(LayoutError, match=r"^Y and Z arrive alike, as Z: no table tells them\.$"):
        learn(raw)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("", "0 of 75 characters arrived"),
        (CALIBRATION_TEXT[:-1], "74 of 75 characters arrived"),
        (CALIBRATION_TEXT.replace("7", "^7"), "77 characters arrived for 75"),
        (CALIBRATION_TEXT[:10] + "Q" + CALIBRATION_TEXT[11:], "a key was lost"),
        ("XY9" + CALIBRATION_TEXT[3:], "not the calibration code"),
        ("EP1" + "7" * 72, "arrive alike"),
    ],
)
def test_a_scan_that_teaches_nothing_says_why(raw: str, words: str) -> None:
    with pytest.raises(LayoutError, match=words) as refused:
        learn(raw)
    assert refused.value.what_to_do


@given(st.permutations(CODE_CHARACTERS + "é&à'(§"), st.text(alphabet=CODE_CHARACTERS, max_size=130))
def test_whatever_arrives_for_each_character_is_read_back(keys: list[str], text: str) -> None:
    table = dict(zip(CODE_CHARACTERS, keys, strict=False))
    layout = learn("".join(table[char] for char in CALIBRATION_TEXT))
    assert layout.read("".join(table[char] for char in text)) == text


@given(st.text(max_size=90))
def test_no_text_makes_it_fail_otherwise_than_in_words(text: str) -> None:
    learnt = learnt_or_refused(text)
    assert isinstance(learnt, KeyboardLayout) or learnt.what_to_do
    layout = learn(arrived(layouts()["Czech"], CALIBRATION_TEXT))
    read = layout.read(text)
    assert read is None or set(read) <= set(CODE_CHARACTERS)


def test_each_character_is_told_while_it_arrives_whether_caps_lock_is_on_or_not() -> None:
    layout = learn(arrived(layouts()["Turkish (Q)"], CALIBRATION_TEXT))
    assert [layout.character(char) for char in "Iı1Aa"] == ["I", "I", "1", "A", "A"]
    assert layout.character("é") is None
