"""A list of rows with columns, to choose one with keys or mouse."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option


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

    DEFAULT_CSS = """
    Rows, Rows:focus {
        border: none; padding: 0; height: 1fr;
        background: $background; background-tint: $foreground 0%;
    }
    Rows > .option-list--option { padding: 0 1; }
    Rows > .option-list--option-highlighted, Rows:focus > .option-list--option-highlighted {
        background: $primary-muted; color: $foreground; text-style: bold;
    }
    """

    def action_page_up(self) -> None:
        """Go up a page, once there is one: a key may come before the rows were laid out."""
        if self.scrollable_content_region.height:
            super().action_page_up()  # type: ignore[no-untyped-call]

    def action_page_down(self) -> None:
        """Go down a page, once there is one."""
        if self.scrollable_content_region.height:
            super().action_page_down()  # type: ignore[no-untyped-call]


class RowList(Vertical):
    """Column titles over rows. The chosen row stays chosen when the rows change."""

    DEFAULT_CSS = """
    RowList { height: 1fr; }
    RowList > .titles { height: 1; padding: 0 1; color: $foreground-muted; background: $surface; }
    RowList > .empty { height: auto; padding: 1 1; color: $foreground-muted; display: none; }
    RowList.is-empty > .empty { display: block; }
    RowList.is-empty > Rows { display: none; }
    """

    def __init__(self, columns: Sequence[Column], *, empty: str, rows: Rows | None = None) -> None:
        super().__init__()
        self._columns = columns
        self._empty = empty
        self._keys: list[str] = []
        self._shown: list[Row] = []
        self.rows = rows or Rows(markup=False)

    def compose(self) -> ComposeResult:
        """Titles, rows, and what stands there without rows."""
        titles = Row("", [column.title for column in self._columns])
        yield Static(self._render_row(titles), classes="titles")
        yield Static(Text(self._empty), classes="empty")
        yield self.rows

    def on_mount(self) -> None:
        """Begin without rows."""
        self.set_class(not self._shown, "is-empty")

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
            self.query_one(".empty", Static).update(Text(empty))
        keys = [row.key for row in new]
        if keys == self._keys:
            for index, row in enumerate(new):
                if row != self._shown[index]:
                    self.rows.replace_option_prompt_at_index(index, self._render_row(row))
        else:
            self._replace(new, keys)
        self._shown = new
        self.set_class(not new, "is-empty")

    def _replace(self, new: Sequence[Row], keys: list[str]) -> None:
        chosen, index = self.chosen, self.rows.highlighted or 0
        self._keys = keys
        self.rows.set_options(Option(self._render_row(row)) for row in new)
        if not keys:
            return
        self.rows.highlighted = keys.index(chosen) if chosen in keys else min(index, len(keys) - 1)

    def _render_row(self, row: Row) -> Table:
        grid = Table.grid(expand=True, padding=(0, 1))
        for column in self._columns:
            grid.add_column(
                width=column.width,
                ratio=1 if column.width is None else None,
                justify=column.justify,
                no_wrap=not column.wraps,
                overflow="fold" if column.wraps else "ellipsis",
            )
        style = "bold" if row.strong else "dim" if row.dim else ""
        grid.add_row(*(Text(cell, style=style) for cell in row.cells))
        if row.note:
            outer = Table.grid(expand=True)
            outer.add_column(ratio=1)
            outer.add_row(grid)
            outer.add_row(Padding(Text(row.note, style="italic"), (0, 0, 0, 2)))
            return outer
        return grid
