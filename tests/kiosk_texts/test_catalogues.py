"""`tools/texts.py` holds every catalogue to the texts of the code."""

import gettext
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "texts.py"
CODE = """
from kiosk_texts import mark, tr, trc, trn

LABEL = mark("payment")
print(tr("sold to {name}", name="ana"), trn("{count} ticket", "{count} tickets", 2))
print(trc("of tickets", "type"), trc("to press keys", "type"))
"""
IN_AN_F_STRING = """
print(f"▲ {tr('out of {what}', what='paper')} · {trn('{count} day', '{count} days', 2)}")
print(f"{trc('a key', 'left')}{mark('right')}{tr(LABEL)}")
"""
HEADER = """msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""
PROJECT = """[project]
name = "kiosk-fleet"
version = "3.2.1"

[project.urls]
Issues = "https://example.org/issues"
"""
PLACEHOLDERS = ("FULL NAME", "EMAIL@ADDRESS", "LL@li.org", "YEAR-MO-DA", "PROJECT VERSION")
GERMAN = {
    "payment": "Zahlung",
    "sold to {name}": "verkauft an {name}",
    "{count} ticket": "ein Ticket",
    "{count} tickets": "{count} Tickets",
}


@dataclass
class Project:
    """A folder with code, the tool, and a German catalogue."""

    root: Path

    @property
    def po(self) -> Path:
        return self.root / "kiosk_texts" / "locale" / "de" / "LC_MESSAGES" / "kiosk.po"

    def run(self, *options: str) -> tuple[int, str]:
        argv = [sys.executable, self.root / "tools" / "texts.py", *options]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        assert not done.stderr
        return done.returncode, done.stdout

    def header(self) -> dict[str, str]:
        """Return the fields of the catalogue's header."""
        lines = re.findall(r'^"([\w-]+): (.*)\\n"$', self.po.read_text(), re.MULTILINE)
        return dict(lines)

    def translate(self, german: dict[str, str]) -> None:
        """Fill the catalogue in as a translator does."""
        text, english = "", ""
        for line in self.po.read_text().splitlines():
            if line.startswith(("msgid ", "msgid_plural ")):
                english = line.split(" ", 1)[1].strip('"')
            filled = line
            if line.startswith("msgstr") and line.endswith('""') and english:
                one = english.replace("tickets", "ticket") if "[0]" in line else english
                filled = f'{line[:-2]}"{german.get(one, one.upper())}"'
            text += filled + "\n"
        self.po.write_text(text)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.po.parent.mkdir(parents=True)
    made.po.write_text(HEADER)
    for folder in ("tools", "kiosk_ui", "kiosk_agent"):
        (tmp_path / folder).mkdir()
    shutil.copy(TOOL, tmp_path / "tools")
    (tmp_path / "kiosk_ui" / "screen.py").write_text(CODE)
    (tmp_path / "pyproject.toml").write_text(PROJECT)
    return made


def test_a_complete_catalogue_passes_and_speaks(project: Project) -> None:
    status, said = project.run()
    assert status == 1
    assert said.count("not translated") == 5
    project.translate(GERMAN)
    assert project.run() == (0, "")
    assert project.run("--check") == (0, "")
    with project.po.with_suffix(".mo").open("rb") as file:
        german = gettext.GNUTranslations(file)
    assert german.gettext("payment") == "Zahlung"
    assert german.ngettext("{count} ticket", "{count} tickets", 1) == "ein Ticket"
    assert german.pgettext("of tickets", "type") == "TYPE"


def test_texts_within_f_strings_are_taken_up(project: Project) -> None:
    (project.root / "kiosk_ui" / "signs.py").write_text(IN_AN_F_STRING)
    _, said = project.run()
    for text in ("out of {what}", "{count} day", "left", "right"):
        assert f"de: not translated: {text!r}" in said
    assert said.count("not translated") == 5 + 4


def test_what_is_untranslated_is_named(project: Project) -> None:
    project.run()
    status, said = project.run("--check")
    assert status == 1
    assert "de: not translated: 'payment'" in said
    assert "`make texts`" in said


def test_new_texts_of_the_code_must_be_taken_up_and_old_ones_go(project: Project) -> None:
    project.run()
    project.translate(GERMAN)
    project.run()
    code = project.root / "kiosk_ui" / "screen.py"
    code.write_text(CODE.replace('"payment"', '"paid"'))
    status, said = project.run("--check")
    assert status == 1
    assert "its texts, or its header, are not those of the code" in said
    project.run()
    assert "payment" not in project.po.read_text()


def test_other_places_than_the_english_ones_are_found(project: Project) -> None:
    project.run()
    project.translate({**GERMAN, "sold to {name}": "verkauft an {nam}"})
    status, said = project.run()
    assert status == 1
    assert "other places than {name} in 'verkauft an {nam}'" in said


def test_a_catalogue_that_was_not_compiled_is_found(project: Project) -> None:
    project.run()
    project.translate(GERMAN)
    project.run()
    project.po.write_text(project.po.read_text().replace("Zahlung", "Bezahlung"))
    status, said = project.run("--check")
    assert status == 1
    assert "kiosk.mo: not compiled from its .po" in said


def test_the_header_says_whose_the_catalogue_is_and_leaves_nothing_open(project: Project) -> None:
    before = f"{datetime.now(UTC):%Y-%m-%d}"
    project.run()
    header = project.header()
    after = f"{datetime.now(UTC):%Y-%m-%d}"
    assert header["Project-Id-Version"] == "kiosk-fleet 3.2.1"
    assert header["Report-Msgid-Bugs-To"] == "https://example.org/issues"
    assert header["Last-Translator"] == "EventPro"
    assert header["Language-Team"] == "German"
    assert header["PO-Revision-Date"] in {f"{day} 00:00+0000" for day in (before, after)}
    assert not [one for one in PLACEHOLDERS if one in project.po.read_text()]


def test_what_a_translator_put_into_the_header_stays(project: Project) -> None:
    project.run()
    project.translate(GERMAN)
    project.run()
    text = project.po.read_text().replace("Translator: EventPro", "Translator: Eva <e@example.org>")
    text = re.sub(r"Revision-Date: \S+ \S+\+", "Revision-Date: 2020-02-02 09:30+", text)
    project.po.write_text(text.replace("Team: German", "Team: box office"))
    assert project.run() == (0, "")
    header = project.header()
    assert header["Last-Translator"] == "Eva <e@example.org>"
    assert header["Language-Team"] == "box office"
    assert header["PO-Revision-Date"] == "2020-02-02 09:30+0000", "no text has changed"
    project.po.write_text(project.po.read_text().replace("Zahlung", "Bezahlung"))
    assert project.run() == (0, "")
    assert not project.header()["PO-Revision-Date"].startswith("2020")


@pytest.mark.parametrize("placeholder", ["FULL NAME <EMAIL@ADDRESS>", "YEAR-MO-DA HO:MI+ZONE"])
def test_a_header_that_leaves_something_open_is_found(project: Project, placeholder: str) -> None:
    project.run()
    project.translate(GERMAN)
    project.run()
    text = project.po.read_text()
    if placeholder.startswith("YEAR"):
        text = re.sub(r"Revision-Date: .*?\\n", rf"Revision-Date: {placeholder}\\n", text)
    else:
        text = text.replace("Translator: EventPro", f"Translator: {placeholder}")
    assert placeholder in text
    project.po.write_text(text)
    status, said = project.run("--check")
    assert status == 1
    assert "its texts, or its header, are not those of the code" in said


def test_the_headers_of_this_project_leave_nothing_open() -> None:
    catalogues = list((TOOL.parents[1] / "kiosk_texts").rglob("*.po"))
    assert catalogues
    for path in catalogues:
        assert not [one for one in PLACEHOLDERS if one in path.read_text()]
