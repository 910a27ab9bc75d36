# ruff: noqa: RUF001  these characters are what keyboards send
"""Write `tests/support/keyboard_layouts.json`: real keyboards, from Debian's xkb-data.

Two texts a layout: what each key of KEYS sends alone, and with Shift. A combining accent stands for
a dead key, a NUL for what is neither. Nothing at run time reads it.

python tools/keyboard_layouts.py [/usr/share/X11/xkb/symbols]
"""

import json
import re
import sys
import unicodedata
from pathlib import Path
from typing import Final

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "support" / "keyboard_layouts.json"
KEYS: Final = (
    "TLDE",
    *(f"AE{number:02}" for number in range(1, 13)),
    *(f"AD{number:02}" for number in range(1, 13)),
    *(f"AC{number:02}" for number in range(1, 12)),
    "BKSL",
    "LSGT",
    *(f"AB{number:02}" for number in range(1, 11)),
)
LAYOUTS: Final = {
    "English (US)": "us(basic)",
    "English (US, international)": "us(intl)",
    "Dvorak": "us(dvorak)",
    "English (UK)": "gb(basic)",
    "German": "de(basic)",
    "French (AZERTY)": "fr(basic)",
    "French (alternative)": "fr(oss)",
    "Belgian": "be(basic)",
    "Italian": "it(basic)",
    "Spanish": "es(basic)",
    "Portuguese": "pt(basic)",
    "Swedish": "se(basic)",
    "Polish (QWERTZ)": "pl(qwertz)",
    "Czech": "cz(basic)",
    "Hungarian": "hu(basic)",
    "Swiss (German)": "ch(basic)",
    "Turkish (Q)": "tr(basic)",
    "Turkish (F)": "tr(f)",
    "Russian": "ru(winkeys)",
}
_COMMENT: Final = re.compile(r"//[^\n]*|^#[^\n]*", re.MULTILINE)
_SECTION: Final = re.compile(r"xkb_symbols\s+\"([^\"]+)\"\s*\{(.*?)\n\s*\};", re.DOTALL)
_LINE: Final = re.compile(
    r'(?i)(?:include|augment|override)\s*"([^"]+)"|key\s*<(\w+)>\s*\{(?:[^\[}]*\[group1\]\s*=)*[^\[}]*\[([^\]]*)\]'
)
_PART: Final = re.compile(r"(\w+)(?:\(([\w-]+)\))?")
_ACCENTS: Final = {
    "grave": "GRAVE",
    "acute": "ACUTE",
    "circumflex": "CIRCUMFLEX",
    "tilde": "TILDE",
    "diaeresis": "DIAERESIS",
    "caron": "CARON",
    "cedilla": "CEDILLA",
    "ring": "RING ABOVE",
    "ogonek": "OGONEK",
    "abovedot": "DOT ABOVE",
    "doubleacute": "DOUBLE ACUTE",
    "breve": "BREVE",
    "stroke": "STROKE",
}
_COMBINING: Final = {
    "grave": "\u0300",
    "acute": "\u0301",
    "circumflex": "\u0302",
    "tilde": "\u0303",
    "diaeresis": "\u0308",
    "caron": "\u030c",
    "cedilla": "\u0327",
}
_NAMED: Final = {
    "ampersand": "&",
    "quotedbl": '"',
    "apostrophe": "'",
    "parenleft": "(",
    "parenright": ")",
    "minus": "-",
    "underscore": "_",
    "plus": "+",
    "equal": "=",
    "comma": ",",
    "period": ".",
    "colon": ":",
    "semicolon": ";",
    "question": "?",
    "exclam": "!",
    "slash": "/",
    "backslash": "\\",
    "bar": "|",
    "asterisk": "*",
    "numbersign": "#",
    "dollar": "$",
    "percent": "%",
    "at": "@",
    "less": "<",
    "greater": ">",
    "bracketleft": "[",
    "bracketright": "]",
    "braceleft": "{",
    "braceright": "}",
    "grave": "`",
    "asciicircum": "^",
    "asciitilde": "~",
    "section": "§",
    "degree": "°",
    "sterling": "£",
    "mu": "µ",
    "ssharp": "ß",
    "ae": "æ",
    "AE": "Æ",
    "oslash": "ø",
    "Oslash": "Ø",
    "idotless": "ı",
    "Iabovedot": "İ",
    "periodcentered": "·",
    "masculine": "º",
    "ordfeminine": "ª",
    "notsign": "¬",
    "EuroSign": "€",
    "currency": "¤",
    "questiondown": "¿",
    "exclamdown": "¡",
    "guillemotleft": "«",
    "acute": "´",
    "guillemotright": "»",
    "brokenbar": "¦",
    "onehalf": "½",
    "diaeresis": "¨",
    "twosuperior": "²",
    "threesuperior": "³",
    "onesuperior": "¹",
    "numerosign": "№",
    "multiply": "×",
    "division": "÷",
}


def keys_of(folder: Path, name: str) -> dict[str, list[str]]:
    """Return the keysyms of each key of `file(section)`, what it includes being read first."""
    file, section = _PART.findall(name)[0]
    text = _COMMENT.sub("", (folder / file).read_text(encoding="utf-8"))
    sections = dict(_SECTION.findall(text))
    body = sections[section or next(iter(sections))]
    keys: dict[str, list[str]] = {}
    for included, key, symbols in _LINE.findall(body):
        if included:
            for one in re.split(r"[+|]", included):
                keys |= keys_of(folder, one)
        else:
            keys[key] = [symbol.strip() for symbol in symbols.split(",")]
    return keys


def character(symbol: str) -> str:
    """Return what a keysym sends; a combining accent is a dead key, NUL nothing that we know."""
    if len(symbol) == 1:
        return symbol
    if symbol.startswith("dead_"):
        return _COMBINING.get(symbol.removeprefix("dead_"), "\0")
    if symbol.startswith("Cyrillic_"):
        return cyrillic(symbol.removeprefix("Cyrillic_"))
    accent = _ACCENTS.get(symbol[1:])
    if accent is None:
        return _NAMED.get(symbol, "\0")
    size = "CAPITAL" if symbol[0].isupper() else "SMALL"
    return unicodedata.lookup(f"LATIN {size} LETTER {symbol[0].upper()} WITH {accent}")


def cyrillic(name: str) -> str:
    """Return a Cyrillic letter by its keysym's name."""
    named = {"shorti": "SHORT I", "hardsign": "HARD SIGN", "softsign": "SOFT SIGN", "e": "E"}
    small = name.lower()
    letter = {"io": "IO", "ie": "IE"}.get(small, named.get(small, small.upper()))
    size = "SMALL" if name.islower() else "CAPITAL"
    return unicodedata.lookup(f"CYRILLIC {size} LETTER {letter}")


def main() -> int:
    """Write the table; return the exit code."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("/usr/share/X11/xkb/symbols")
    table = {}
    for title, name in LAYOUTS.items():
        keys = keys_of(folder, name)
        levels = [[*keys.get(key, []), "NoSymbol", "NoSymbol"][:2] for key in KEYS]
        alone, shifted = ("".join(character(one[level]) for one in levels) for level in (0, 1))
        table[title] = [alone, shifted]
    TABLE.write_text(json.dumps(table, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
