"""A list of rows with columns, to choose one with keys or mouse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style as RichStyle
from rich.table import Table
from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.geometry import Offset, Region
from textual.strip import Strip
from textual.visual import RichVisual, Visual
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from kiosk_ui.looks import REACTIVE, Look, in_words, look_of
from kiosk_ui.widgets.cells import Cell, Cells
from kiosk_ui.widgets.lists.kept_render import KeptRender
from kiosk_ui.widgets.steady import SteadyText

_LEAST_WIDTH: Final = 60
"""Columns below which the cells of a row follow each other as words."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column; one without a width takes what is left. `wraps` shows all of a long cell."""

    title: str
    width: int | None = None
    justify: Literal["left", "right"] = "left"
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A row: its key, a cell for each column, and an optional second line."""

    key: str
    cells: Sequence[str]
    note: str = ""
    dim: bool = False
    strong: bool = False


class Rows(OptionList):
    """The rows themselves. A click chooses; Enter posts OptionSelected."""

    SCOPED_CSS: ClassVar[bool] = False
    DEFAULT_CSS = """
    Rows, Rows:focus {
        border: none; padding: 0; height: 1fr;
        background: $background; background-tint: $foreground 0%;
    }
    Rows > .option-list--option { padding: 0 1; }
    Rows > .option-list--option-highlighted, Rows:focus > .option-list--option-highlighted {
        background: $primary-muted; color: $on-chosen; text-style: bold;
    }
    .look-plain Rows { scrollbar-size-vertical: 0; }
    .look-plain Rows > .option-list--option-highlighted,
    Rows:nocolor > .option-list--option-highlighted {
        text-style: bold reverse;
    }
    .look-large Rows > .option-list--option { text-style: bold; }
    """
    _MARK: ClassVar[str] = ">"

    def render_line(self, y: int) -> Strip:
        """Draw a line; where colours say nothing, a sign marks the chosen row."""
        strip = super().render_line(y)
        if not (self.app.no_color or look_of(self) is Look.PLAIN):
            return strip
        line = self.scroll_offset.y + y
        if self.highlighted is None or self._index_to_line.get(self.highlighted) != line:
            return strip
        rest = strip.crop(len(self._MARK))
        style = next((segment.style for segment in strip if segment.text), None)
        return Strip([Segment(self._MARK, style), *rest], strip.cell_length)

    def watch_highlighted(self, highlighted: int | None) -> None:
        """Lead the terminal's cursor along: screen readers read where it stands."""
        super().watch_highlighted(highlighted)
        if highlighted is not None and self.has_focus and highlighted in self._index_to_line:
            line = self._index_to_line[highlighted] - self.scroll_offset.y
            self.app.cursor_position = self.content_region.offset + Offset(0, line)

    def action_page_up(self) -> None:
        """Go up a page, once there is one: a key may come before the rows were laid out."""
        if self.scrollable_content_region.height:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Go down a page, once there is one."""
        if self.scrollable_content_region.height:
            super().action_page_down()  # type: ignore[no-untyped-call]

    def paint_row(self, index: int) -> None:
        """Paint one row anew that says something else on as many lines; the others stay."""
        self._option_render_cache.clear()
        line = self._index_to_line.get(index)
        if line is None:
            # Not laid out yet.
            self.refresh()
            return
        top = line - self.scroll_offset.y
        self.refresh(Region(0, top, self.size.width, self._heights[index]))


class RowList(Vertical):
    """Column titles over rows. The chosen row stays chosen when the rows change."""

    DEFAULT_CSS = """
    RowList { height: 1fr; min-height: 2; }
    RowList > .titles { height: 1; padding: 0 1; color: $foreground-muted; background: $surface; }
    RowList > .empty { height: auto; padding: 1 1; color: $foreground-muted; display: none; }
    RowList.is-empty > .empty { display: block; }
    RowList.is-empty > Rows { display: none; }
    RowList.in-words > .titles { display: none; }
    """

    def __init__(self, columns: Sequence[Column], *, empty: str, rows: Rows | None = None) -> None:
        super().__init__()
        self._columns = columns
        self._empty = empty
        self._keys: list[str] = []
        self._shown: list[Row] = []
        self._visuals: list[KeptRender] = []
        self._narrow = False
        self.rows = rows or Rows(markup=False)

    def compose(self) -> ComposeResult:
        """Titles, rows, and what stands there without rows."""
        titles = [column.title for column in self._columns]
        yield Static(self._row_in_columns(titles, ""), classes="titles")
        yield SteadyText(classes="empty")
        yield self.rows

    def on_mount(self) -> None:
        """Begin without rows."""
        self.query_one(".empty", SteadyText).say(Text(self._empty))
        self.set_class(not self._shown, "is-empty")
        self.set_class(self._in_words, "in-words")
        self.watch(self.app, REACTIVE, self._rewrite, init=False)

    def on_resize(self, event: events.Resize) -> None:
        """Write the rows otherwise where there is no room for columns."""
        narrow = event.size.width < _LEAST_WIDTH
        if narrow is not self._narrow:
            self._narrow = narrow
            self._rewrite()

    @property
    def chosen(self) -> str | None:
        """The key of the chosen row."""
        index = self.rows.highlighted
        return self._keys[index] if index is not None and index < len(self._keys) else None

    def choose(self, key: str) -> None:
        """Choose a row by its key, if it is there."""
        if key in self._keys:
            self.rows.highlighted = self._keys.index(key)

    def show(self, rows: Iterable[Row], *, empty: str | None = None) -> None:
        """Show these rows; `empty` is said where there are none."""
        new = list(rows)
        if empty is not None:
            self._empty = empty
            self.query_one(".empty", SteadyText).say(Text(empty))
        keys = [row.key for row in new]
        if keys == self._keys:
            for index, row in enumerate(new):
                self._change(index, self._shown[index], row)
        else:
            self._replace(new, keys)
        self._shown = new
        self.set_class(not new, "is-empty")

    def _change(self, index: int, before: Row, row: Row) -> None:
        if row == before:
            return
        if self._keeps_its_lines(before, row):
            self._visuals[index].become(self._visual(row))
            self.rows.paint_row(index)
        else:
            self._put(index, row)

    def _replace(self, new: Sequence[Row], keys: list[str]) -> None:
        chosen, index = self.chosen, self.rows.highlighted or 0
        self._keys = keys
        self._visuals = [KeptRender(self._visual(row)) for row in new]
        self.rows.set_options(Option(visual) for visual in self._visuals)
        if not keys:
            return
        self.rows.highlighted = keys.index(chosen) if chosen in keys else min(index, len(keys) - 1)

    def _rewrite(self) -> None:
        for index, row in enumerate(self._shown):
            self._put(index, row)
        self.set_class(self._in_words, "in-words")

    def _put(self, index: int, row: Row) -> None:
        """Show a row that may take other lines than what stood there."""
        self._visuals[index] = KeptRender(self._visual(row))
        self.rows.replace_option_prompt_at_index(index, self._visuals[index])

    @property
    def _in_words(self) -> bool:
        return self._narrow or look_of(self) is Look.PLAIN

    def _keeps_its_lines(self, before: Row, row: Row) -> bool:
        may_wrap = self._in_words or any(column.wraps for column in self._columns)
        return row.note == before.note and not may_wrap

    def _visual(self, row: Row) -> Visual:
        may_wrap = any(column.wraps for column in self._columns)
        if row.note or may_wrap or self._in_words or look_of(self) is Look.LARGE:
            return RichVisual(self.rows, self._render_row(row))
        cells = [
            Cell(text, column.width, column.justify)
            for text, column in zip(row.cells, self._columns, strict=True)
        ]
        style = RichStyle.parse(self._style(row))
        return Cells(self.rows, cells, lambda: self._render_row(row), style)

    def _style(self, row: Row) -> str:
        # What is dim is hard to read; the words say it, too.
        may_dim = look_of(self) is Look.STANDARD
        return "bold" if row.strong else "dim" if row.dim and may_dim else ""

    def _render_row(self, row: Row) -> Table | Text:
        style = self._style(row)
        if self._in_words:
            return self._row_in_words(row, style)
        large = look_of(self) is Look.LARGE
        grid = self._row_in_columns(row.cells, style)
        if not row.note and not large:
            return grid
        outer = Table.grid(expand=True)
        outer.add_column(ratio=1)
        outer.add_row(grid)
        if row.note:
            outer.add_row(Padding(Text(row.note, style="italic"), (0, 0, 0, 2)))
        if large:
            outer.add_row("")
        return outer

    def _row_in_columns(self, cells: Sequence[str], style: str) -> Table:
        grid = Table.grid(expand=True, padding=(0, 1))
        for column in self._columns:
            grid.add_column(
                width=column.width,
                ratio=1 if column.width is None else None,
                justify=column.justify,
                no_wrap=not column.wraps,
                overflow="fold" if column.wraps else "ellipsis",
            )
        grid.add_row(*(Text(cell, style=style) for cell in cells))
        return grid

    def _row_in_words(self, row: Row, style: str) -> Text:
        """Write a row as words; a number is said with what it counts."""
        plain = look_of(self) is Look.PLAIN
        said = []
        for number, (column, cell) in enumerate(zip(self._columns, row.cells, strict=True)):
            words = in_words(cell) if plain else cell
            if words and words != "·":
                titled = number and column.justify == "right"
                said.append(f"{column.title} {words}" if titled else words)
        text = ", ".join(said)
        if row.note:
            sentences = [text, *(in_words(row.note) if plain else row.note).split("\n")]
            text = ". ".join([*(one.rstrip(".") for one in sentences[:-1]), sentences[-1]])
        return Text(text, style=style)
