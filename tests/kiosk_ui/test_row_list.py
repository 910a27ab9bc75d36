"""Keys that reach a list before it was laid out."""

from textual.app import App, ComposeResult

from kiosk_ui.theme import DARK
from kiosk_ui.widgets.lists.row_list import Column, Row, RowList


class _Low(App[None]):
    CSS = "RowList { height: 0; } RowList > Rows { height: 0; }"

    def __init__(self) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield RowList((Column("What"),), empty="nothing")


async def test_page_keys_do_nothing_where_there_is_no_room_for_a_page() -> None:
    app = _Low()
    async with app.run_test(size=(40, 10)) as pilot:
        rows = app.query_one(RowList)
        rows.show([Row("a", ("one",)), Row("b", ("two",))])
        rows.rows.focus()
        await pilot.press("pageup", "pagedown", "pageup")
        assert rows.chosen == "a"
