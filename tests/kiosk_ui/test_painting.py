"""What is painted for a change: the part that changed, as a table would show it, and no layout."""

from collections.abc import Awaitable, Callable
from typing import ClassVar
from uuid import UUID

import pytest
from rich.table import Table
from rich.text import Text
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.reactive import Reactive
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, RichVisual, Visual

from kiosk_contracts.selling import Cart, PutCart
from kiosk_ui.looks import Look
from kiosk_ui.places import Place
from kiosk_ui.screens.sell import SellScreen
from kiosk_ui.theme import DARK
from kiosk_ui.widgets.cells import Cell, Cells
from kiosk_ui.widgets.gate.verdict_panel import VerdictPanel
from kiosk_ui.widgets.lists.kept_render import KeptRender
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList
from kiosk_ui.widgets.steady import SteadyText
from tests.support.ui_agent import UiAgent
from tests.support.ui_till import Till

LONG = "a name that is far too long for any column 漢字 and goes on"


class Shown(App[None]):
    """A list and a text."""

    look: Reactive[Look] = Reactive(Look.STANDARD, init=False)

    CSS: ClassVar[str] = "SteadyText { height: auto; }"

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield RowList(
            (Column("Type"), Column("Left", 6, "right"), Column("State", 9)), empty="nothing"
        )
        yield SteadyText(classes="words")


def _texts(app: App[None]) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips(app.size)]


def _rows(*left: str) -> list[Row]:
    return [Row(str(index), (f"type {index}", one, "sells")) for index, one in enumerate(left)]


@pytest.mark.parametrize("name", ["Adult", "", LONG])
@pytest.mark.parametrize("width", [78, 40, 21, 20, 19, 12])
async def test_cells_stand_where_a_table_would_have_them(name: str, width: int) -> None:
    def table() -> Table:
        grid = Table.grid(expand=True, padding=(0, 1))
        grid.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        grid.add_column(width=12, justify="right", no_wrap=True, overflow="ellipsis")
        grid.add_column(width=5, no_wrap=True, overflow="ellipsis")
        grid.add_row(Text(name), Text("€12.50"), Text("sells out"))
        return grid

    app = Shown()
    async with app.run_test():
        cells = [Cell(name), Cell("€12.50", 12, "right"), Cell("sells out", 5)]
        options = RenderOptions(app.screen._get_style, app.screen.styles)
        style = app.screen.visual_style
        shown = [
            "".join(strip.text for strip in visual.render_strips(width, None, style, options))
            for visual in (
                Cells(app.screen, cells, table),
                RichVisual(app.screen, table()),
            )
        ]
        assert shown[0] == shown[1]


async def test_a_row_that_changes_is_painted_alone_and_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    painted: list[tuple[Region, ...]] = []
    app = Shown()
    async with app.run_test(size=(60, 12)) as pilot:
        rows = app.query_one(RowList)
        rows.show(_rows("12", "34", "56"))
        await pilot.pause()
        refresh = rows.rows.refresh

        def note(*regions: Region, **how: bool) -> object:
            painted.append(regions)
            assert not how.get("layout")
            return refresh(*regions, **how)

        monkeypatch.setattr(rows.rows, "refresh", note)
        rows.show(_rows("12", "33", "56"))
        await pilot.pause()
        assert [[region.y for region in regions] for regions in painted] == [[1]]
        assert [line.split()[2] for line in _texts(app) if "type" in line] == ["12", "33", "56"]


async def test_a_row_whose_note_changes_takes_the_lines_that_it_needs() -> None:
    app = Shown()
    async with app.run_test(size=(60, 12)) as pilot:
        rows = app.query_one(RowList)
        rows.show(_rows("12", "34"))
        await pilot.pause()
        rows.show([Row("0", ("type 0", "0", "sells"), note="sold out"), *_rows("12", "34")[1:]])
        await pilot.pause()
        found = [line.strip() for line in _texts(app)]
        assert found[1:4] == [found[1], "sold out", found[3]]
        assert found[3].startswith("type 1")


async def test_rows_that_change_before_they_were_laid_out_are_shown() -> None:
    app = Shown()
    async with app.run_test(size=(60, 12)) as pilot:
        rows = app.query_one(RowList)
        rows.show(_rows("1"))
        rows.show(_rows("2"))
        await pilot.pause()
        assert any("type 0" in line and " 2 " in line for line in _texts(app))


@pytest.mark.parametrize(
    ("words", "lays_out"),
    [("another line", False), ("two\nlines", True), ("x" * 100, True), ("one line", False)],
)
async def test_a_text_is_laid_out_only_where_it_may_need_other_lines(
    monkeypatch: pytest.MonkeyPatch,
    words: str,
    lays_out: bool,  # noqa: FBT001
) -> None:
    app = Shown()
    async with app.run_test(size=(60, 12)) as pilot:
        text = app.query_one(SteadyText)
        text.say(Text("one line"))
        await pilot.pause()
        text.say(Text("one line", style="bold"))
        layouts = []
        monkeypatch.setattr(text, "refresh", _noting(text.refresh, layouts))
        text.say(Text(words, style="bold"))
        assert layouts == ([] if words == "one line" else [lays_out])
        await pilot.pause()
        shown = "".join("\n".join(_texts(app)).split())
        assert "".join(words.split()) in shown


def _noting(refresh: Callable[..., object], layouts: list[bool]) -> Callable[..., object]:
    def noted(*, layout: bool = False, **how: bool) -> object:
        if not how:
            layouts.append(layout)
        return refresh(layout=layout, **how)

    return noted


async def test_another_look_writes_what_is_said_anew() -> None:
    app = Shown()
    async with app.run_test(size=(60, 12)) as pilot:
        text, rows = app.query_one(SteadyText), app.query_one(RowList)
        text.say(Text("✔ one · two"))
        rows.show(_rows("12", "34"))
        await pilot.pause()
        standard = _texts(app)
        assert "✔ one · two" in standard
        app.look = Look.PLAIN
        await pilot.pause()
        assert "Done: one, two" in _texts(app)
        assert any("type 0, Left 12, sells" in line for line in _texts(app))
        app.look = Look.STANDARD
        await pilot.pause()
        assert _texts(app) == standard


async def test_a_key_in_the_sell_screen_lays_nothing_out(
    till: Till, agent: UiAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.sign_in()
    await till.open_sale()
    await till.press("1")
    await till.says(" Total €12.50")
    await till.until(lambda: till.app.kiosk.selling.in_step)
    laid_out = []
    lay_out = SellScreen._refresh_layout
    monkeypatch.setattr(
        SellScreen, "_refresh_layout", lambda *a, **k: (laid_out.append(a), lay_out(*a, **k))
    )
    await till.press("plus", "plus", "minus")
    await till.says(" Total €25.00")
    assert till.app.kiosk.place is Place.SELL
    assert not laid_out
    assert agent.books.open_carts()


async def test_what_was_typed_is_painted_before_the_agent_is_asked(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    await till.sign_in()
    await till.open_sale()
    client, happened = till.app.kiosk.desk.client, list[str]()
    put_cart = client.put_cart

    def painted() -> None:
        happened.extend(["painted"] if "… Total €12.50" in till.text else [])

    def ask(txn_id: UUID, cart: PutCart) -> Awaitable[Cart]:
        happened.append("asked")
        return put_cart(txn_id, cart)

    monkeypatch.setattr(till.app, "post_display_hook", painted)
    monkeypatch.setattr(client, "put_cart", ask)
    await till.press("1")
    await till.until(lambda: till.app.kiosk.selling.in_step)
    assert happened[0] == "painted"
    assert happened.count("asked") == 1


async def test_a_verdict_keeps_to_its_room(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    await till.sign_in()
    (code,) = await till.sell()
    await till.press("escape", "f3")
    till.scan(code)
    await till.says("GREEN · LET IN")
    panel, green = till.app.screen.query_one(VerdictPanel), till.app.kiosk.gate.latest
    layouts: list[bool] = []
    for part in panel.children:
        monkeypatch.setattr(part, "refresh", _noting(part.refresh, layouts))
    panel.show(None)
    panel.show(green)
    assert layouts
    assert not any(layouts)


class Counted(Visual):
    """Counts how often it is rendered."""

    def __init__(self) -> None:
        self.times = 0

    def get_optimal_width(self, _rules: object, container_width: int) -> int:
        return container_width

    def get_height(self, _rules: object, _width: int) -> int:
        self.times += 1
        return 1

    def render_strips(self, width: int, *_: object) -> list[Strip]:
        self.times += 1
        return [Strip.blank(width)]


async def test_what_was_rendered_is_kept_until_it_becomes_something_else() -> None:
    app = Shown()
    async with app.run_test():
        options = RenderOptions(app.screen._get_style, app.screen.styles)
        first, second = Counted(), Counted()
        kept = KeptRender(first)
        for _ in range(3):
            for width in (40, 60):
                kept.get_height(app.screen.styles, width)
                kept.render_strips(width, None, Style(), options)
        assert first.times == 4
        kept.become(second)
        assert kept.render_strips(40, None, Style(), options)[0].cell_length == 40
        assert second.times == 1
