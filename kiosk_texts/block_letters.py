"""Letters and digits drawn with blocks, to be read from two metres away. No state, no I/O."""

from itertools import zip_longest
from typing import Final

HEIGHT: Final = 5
"""Dots of a letter from top to bottom."""
ROWS: Final = 3
"""Rows of a line of half blocks: two dots each."""
_HALVES: Final = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}
_FONT: Final = """
0 ###,#.#,#.#,#.#,###
1 ##.,.#.,.#.,.#.,###
2 ###,..#,###,#..,###
3 ###,..#,.##,..#,###
4 #.#,#.#,###,..#,..#
5 ###,#..,###,..#,###
6 ###,#..,###,#.#,###
7 ###,..#,..#,..#,..#
8 ###,#.#,###,#.#,###
9 ###,#.#,###,..#,###
A ###,#.#,###,#.#,#.#
B ##.,#.#,##.,#.#,##.
C ###,#..,#..,#..,###
D ##.,#.#,#.#,#.#,##.
E ###,#..,##.,#..,###
F ###,#..,##.,#..,#..
G ###,#..,#.#,#.#,###
H #.#,#.#,###,#.#,#.#
I ###,.#.,.#.,.#.,###
J ..#,..#,..#,#.#,###
K #.#,#.#,##.,#.#,#.#
L #..,#..,#..,#..,###
M #...#,##.##,#.#.#,#...#,#...#
N #..#,##.#,#.##,#..#,#..#
O ###,#.#,#.#,#.#,###
P ###,#.#,###,#..,#..
Q ####,#..#,#..#,#.##,####
R ##.,#.#,##.,#.#,#.#
S ###,#..,###,..#,###
T ###,.#.,.#.,.#.,.#.
U #.#,#.#,#.#,#.#,###
V #.#,#.#,#.#,#.#,.#.
W #...#,#...#,#.#.#,##.##,#...#
X #.#,#.#,.#.,#.#,#.#
Y #.#,#.#,.#.,.#.,.#.
Z ###,..#,.#.,#..,###
Ä #.#,...,.#.,###,#.#
Ö #.#,...,###,#.#,###
Ü #.#,...,#.#,#.#,###
€ ..###,####.,.#...,####.,..###
£ .##,#..,###,#..,###
$ .####,#.#..,.###.,..#.#,####.
. .,.,.,.,#
, .,.,.,#,#
: .,#,.,#,.
- ..,..,##,..,..
+ ...,.#.,###,.#.,...
"""
_DOTS: Final = {line[0]: tuple(line[2:].split(",")) for line in _FONT.strip().splitlines()}
_UNKNOWN: Final = ("###", "..#", ".##", "...", ".#.")
_SPACE: Final = ("..",) * HEIGHT


def can_draw(text: str) -> bool:
    """Say whether there is a shape for every letter of `text`."""
    return all(char.isspace() or char in _DOTS for char in text.upper())


def small_rows(text: str) -> list[str]:
    """Return `text` in ROWS rows of half blocks; a letter has three columns or some more."""
    dots = _dotted(text)
    pairs = zip_longest(dots[0::2], dots[1::2], fillvalue="." * len(dots[0]))
    return [
        "".join(_HALVES[upper == "#", lower == "#"] for upper, lower in zip(*pair, strict=True))
        for pair in pairs
    ]


def large_rows(text: str) -> list[str]:
    """Return `text` in HEIGHT rows of full blocks, two columns to a dot."""
    return ["".join("██" if dot == "#" else "  " for dot in row) for row in _dotted(text)]


def _dotted(text: str) -> list[str]:
    """Return the rows of dots, a column of space between two letters."""
    letters = [_letter(char) for char in text.upper()]
    return [".".join(letter[row] for letter in letters) for row in range(HEIGHT)]


def _letter(char: str) -> tuple[str, ...]:
    return _SPACE if char.isspace() else _DOTS.get(char, _UNKNOWN)
