"""Colours: enough contrast, computed from the themes; and no widget has a colour of its own."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

from kiosk_ui.theme import CONTRAST, DARK, LIGHT
from tests.support.ui_colours import PAIRS, Pair, ratio_of
from tests.support.ui_judges import contrast

ROOT = Path(__file__).parents[2]
LITERAL = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|hsl)a?\(|\bansi_\w+")
PAINTING = re.compile(r"\b(?:color|background|background-tint|tint|border[\w-]*)\s*:\s*([^;}]*)")
WITHOUT_COLOUR = {"none", "transparent", "round", "thick", "heavy", "initial"}


def each_pair(pair: Pair) -> str:
    return pair.what.replace(" ", "-")


@pytest.mark.parametrize("pair", PAIRS, ids=each_pair)
def test_high_contrast_has_a_ratio_of_seven_at_least(pair: Pair) -> None:
    assert ratio_of(CONTRAST, pair) >= 7


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
@pytest.mark.parametrize("pair", PAIRS, ids=each_pair)
def test_the_other_themes_have_a_ratio_of_four_and_a_half_at_least(
    theme: Theme, pair: Pair
) -> None:
    assert ratio_of(theme, pair) >= 4.5


def test_the_ratio_is_that_of_wcag() -> None:
    black, white = Color(0, 0, 0), Color(255, 255, 255)
    assert contrast(black, white) == contrast(white, black) == 21
    assert contrast(white, white) == 1
    assert round(contrast(Color.parse("#777777"), white), 2) == 4.48


def test_the_documentation_says_the_ratios_as_they_are() -> None:
    said = (ROOT / "docs" / "ui.md").read_text()
    for pair in PAIRS:
        ratios = " | ".join(f"{ratio_of(theme, pair):.1f}" for theme in (DARK, LIGHT, CONTRAST))
        row = f"| {pair.what} | `{pair.ink}` on `{pair.paper}` | {ratios} |"
        assert row in said, f"docs/ui.md lacks {row}"


def colours_in(source: str) -> list[str]:
    """Return the colours that the texts of a module name, other than by a theme's variable."""
    found = []
    for text in _texts(source):
        found += LITERAL.findall(text)
        for painted in PAINTING.findall(text) if "{" in text else ():
            words = re.sub(r"\{[^{}]*\}|\d+%|\$[\w-]+", " ", painted).split()
            found += [word for word in words if word.isalpha() and word not in WITHOUT_COLOUR]
    return found


def _texts(source: str) -> Iterator[str]:
    """Return the string literals, docstrings and comments left out."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and id(node) not in docstrings:
            yield text


def test_screens_and_widgets_name_colours_by_variables_alone() -> None:
    modules = [path for path in (ROOT / "kiosk_ui").rglob("*.py") if path.name != "theme.py"]
    assert len(modules) > 80
    found = {path.name: colours_in(path.read_text()) for path in modules}
    assert {name: colours for name, colours in found.items() if colours} == {}


@pytest.mark.parametrize(
    ("css", "found"),
    [
        ("A { color: #ff0000; }", ["#ff0000"]),
        ("A { background: red; }", ["red"]),
        ("A { border: round red; }", ["red"]),
        ("A { background: $panel; border: round $warning; background-tint: $foreground 0%; }", []),
        ("bold on ansi_red", ["ansi_red"]),
    ],
)
def test_a_colour_in_a_widget_is_found(css: str, found: list[str]) -> None:
    assert colours_in(f"CSS = {css!r}") == found
