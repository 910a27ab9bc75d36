"""Keep the catalogues of texts in step with the code: `kiosk_texts/locale/<language>/…`.

A catalogue's header says whose it is, and the day on which its texts changed last: a day alone, so
that two changes of one day have nothing to merge there.

python tools/texts.py           # take up new texts, drop old ones, compile; name what is left
python tools/texts.py --check   # exit 1 if a catalogue is not what it must be
"""

import ast
import io
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po

ROOT: Final = Path(__file__).resolve().parent.parent
LOCALE: Final = ROOT / "kiosk_texts" / "locale"
SOURCES: Final = ("kiosk_ui", "kiosk_agent", "kiosk_texts")
KEYWORDS: Final = {"tr": None, "mark": None, "trn": (1, 2), "trc": ((1, "c"), 2)}
TRANSLATORS: Final = "EventPro"
"""Who translates, where nobody has put their name into the header."""
_PLACEHOLDER: Final = re.compile(r"FULL NAME|@ADDRESS|LL@li\.org|YEAR-MO-DA")
_PLACE: Final = re.compile(r"\{(\w*)[^{}]*\}")


def main() -> int:
    """Write or check all catalogues; return the exit code."""
    checking = "--check" in sys.argv
    source = _source()
    complaints: list[str] = []
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/kiosk.po")):
        complaints += _check(path, source) if checking else _write(path, source)
    for complaint in complaints:
        print(complaint)
    if complaints and checking:
        print("`make texts` takes up new texts and compiles; then translate what it names")
    return 1 if complaints else 0


def _source() -> Catalog:
    """Return all texts of the code, in the order of their files, without line numbers."""
    catalog = Catalog(project="kiosk", charset="utf-8")
    for package in SOURCES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for _, message, comments, context in extract_from_file(
                "python",
                path,
                keywords=KEYWORDS,
                comment_tags=("Translators:",),
                strip_comment_tags=True,
            ):
                catalog.add(
                    message,
                    locations=[(path.relative_to(ROOT).as_posix(), 0)],
                    auto_comments=comments,
                    context=context,
                )
            for message, context in _in_f_strings(path):
                catalog.add(
                    message, locations=[(path.relative_to(ROOT).as_posix(), 0)], context=context
                )
    return catalog


def _in_f_strings(path: Path) -> Iterator[tuple[str | tuple[str, str], str | None]]:
    """Yield the texts within f-strings, each with its context.

    Babel's extractor goes by tokens, and to Python 3.11 an f-string is one.
    """
    strings = (
        node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.JoinedStr)
    )
    for call in (node for string in strings for node in ast.walk(string)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
            continue
        said = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
        texts = [text for text in said if isinstance(text, str)]
        match call.func.id, texts:
            case "tr" | "mark", [text]:
                yield text, None
            case "trn", [one, many]:
                yield (one, many), None
            case "trc", [context, text]:
                yield text, context
            case _:
                pass


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], domain="kiosk")


def _written(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_po(
        buffer,
        catalog,
        width=100,
        include_lineno=False,
        omit_header=False,
        ignore_obsolete=True,
        sort_by_file=True,
    )
    return buffer.getvalue()


def _compiled(catalog: Catalog) -> bytes:
    buffer = io.BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def _merged(path: Path, source: Catalog) -> Catalog:
    catalog = _read(path)
    catalog.update(source, no_fuzzy_matching=True, update_creation_date=False)
    _sign(catalog)
    return catalog


def _sign(catalog: Catalog) -> None:
    """Fill in what the header leaves open; what somebody put there stays."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    catalog.project, catalog.version = project["name"], project["version"]
    if _PLACEHOLDER.search(catalog.last_translator):
        catalog.last_translator = TRANSLATORS
    if _PLACEHOLDER.search(catalog.language_team):
        catalog.language_team = catalog.locale.english_name
    if _PLACEHOLDER.search(catalog.msgid_bugs_address):
        catalog.msgid_bugs_address = project.get("urls", {}).get("Issues", "")
    if not isinstance(catalog.revision_date, datetime):
        catalog.revision_date = _today()


def _today() -> datetime:
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _has_changed(path: Path, catalog: Catalog) -> bool:
    """Say whether texts are others than those that were compiled last."""
    compiled = path.with_suffix(".mo")
    if not compiled.exists():
        return True
    with compiled.open("rb") as file:
        before = read_mo(file)
    with io.BytesIO(_compiled(catalog)) as file:
        return _said(before) != _said(read_mo(file))


def _said(catalog: Catalog) -> list[str]:
    return sorted(f"{one.context} {one.id} {one.string}" for one in catalog if one.id)


def _write(path: Path, source: Catalog) -> list[str]:
    catalog = _merged(path, source)
    if _has_changed(path, catalog):
        catalog.revision_date = _today()
    path.write_bytes(_written(catalog))
    path.with_suffix(".mo").write_bytes(_compiled(catalog))
    return list(_faults(path, catalog))


def _check(path: Path, source: Catalog) -> list[str]:
    catalog = _merged(path, source)
    name = path.relative_to(ROOT)
    found = list(_faults(path, catalog))
    if path.read_bytes() != _written(catalog):
        found.append(f"{name}: its texts, or its header, are not those of the code")
    compiled = path.with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != _compiled(_read(path)):
        found.append(f"{compiled.relative_to(ROOT)}: not compiled from its .po")
    return found


def _faults(path: Path, catalog: Catalog) -> Iterator[str]:
    """Yield what is untranslated, uncertain, or has other places than the English text."""
    name = path.parts[-3]
    for message in catalog:
        if not message.id:
            continue
        english = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or not all(said):
            yield f"{name}: not translated: {english[0]!r}"
        elif places := _other_places(english, said):
            yield f"{name}: other places than {places} in {said[0]!r}"


def _other_places(english: tuple[str, ...], said: tuple[str, ...]) -> str:
    """Return the places that each text must have, if one has not; empty if all is well."""
    wanted = {place for text in english for place in _PLACE.findall(text)}
    # The text for one may leave the number out.
    least = wanted - {"count"} if len(english) > 1 else wanted
    for text in said:
        places = set(_PLACE.findall(text))
        if not least <= places <= wanted:
            return ", ".join(f"{{{place}}}" for place in sorted(wanted)) or "none"
    return ""


if __name__ == "__main__":
    sys.exit(main())
