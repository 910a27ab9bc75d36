"""The next release is of the same sources with one line changed, which a person can see."""

import filecmp
from pathlib import Path

from demo.releases.images import FIRST, MARKS, NEXT, ROOT, changed_checkout


def test_one_line_is_changed_and_no_other(tmp_path: Path) -> None:
    copy = changed_checkout(tmp_path / "next")

    files = [one.relative_to(copy) for one in copy.rglob("*") if one.is_file()]
    differ = [one for one in files if not filecmp.cmp(copy / one, ROOT / one, shallow=False)]
    assert [str(one) for one in differ] == ["kiosk_ui/screens/events.py"]
    was = (ROOT / differ[0]).read_text().splitlines()
    now = (copy / differ[0]).read_text().splitlines()
    [(old, new)] = [(a, b) for a, b in zip(was, now, strict=True) if a != b]
    assert new == old.replace(MARKS[FIRST], MARKS[NEXT])


def test_neither_mark_is_part_of_the_other_or_too_long_for_its_column() -> None:
    first, following = MARKS[FIRST], MARKS[NEXT]
    assert first not in following
    assert following not in first
    assert len(following) <= len(first)
