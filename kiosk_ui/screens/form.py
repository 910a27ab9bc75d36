"""A panel with fields, answered one after the other."""

from collections.abc import Sequence
from typing import ClassVar, Final, TypeVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from kiosk_texts import mark, tr
from kiosk_ui.hints import Hint
from kiosk_ui.screens.panel import PanelScreen
from kiosk_ui.widgets.forms.field import Field
from kiosk_ui.widgets.frame.key_hints import KeyHints

T = TypeVar("T")
_LEAVE: Final = Hint("Esc", mark("leave it"), "escape", mark("Leaves all as it is."))


class FormScreen(PanelScreen[T]):
    """Asks field by field; Enter goes to the next, and from the last does it."""

    DOES: ClassVar[str]
    """What Enter does at the end."""
    MORE: ClassVar[str] = ""
    """What the act means, where the question does not say it."""
    OFFERS: ClassVar[bool] = False
    """Whether fields come filled: then Enter goes to the next one, for it to be read, too."""
    DEFAULT_CSS = """
    FormScreen .more { margin-bottom: 1; }
    FormScreen.-short .more { margin: 0; }
    """

    def __init__(
        self, question: str, fields: Sequence[Field], problem: str = "", more: str = ""
    ) -> None:
        """Ask; `problem` says why it is asked again, `more` what it means in this case."""
        super().__init__()
        self._question = question
        self._fields = fields
        self._refusal = problem
        self._more = more

    def compose(self) -> ComposeResult:
        """Question, fields, keys."""
        with Vertical():
            yield Static(Text(self._question), classes="question")
            if more := self._more or (tr(self.MORE) if self.MORE else ""):
                yield Static(Text(more), classes="more")
            yield from self._fields
            yield Static(Text(self._refusal), classes="problem")
            yield KeyHints(self.shown_hints())

    def hints(self) -> Sequence[Hint]:
        """Return the keys: Enter goes on, and in the end does it."""
        more = mark("Goes to the next line; from the last one does it, once nothing is missing.")
        return (Hint("Enter", self.DOES, "enter", more), _LEAVE)

    def problem_of(self, field: Field) -> str | None:
        """Return what is wrong with what is typed there, in words; None if nothing is."""
        raise NotImplementedError

    def answer(self) -> T:
        """Return what was answered, once no field has a problem."""
        raise NotImplementedError

    @on(Input.Submitted)
    def submitted(self, event: Input.Submitted) -> None:
        """Go to the next question, or be done."""
        event.stop()
        asked = next(n for n, field in enumerate(self._fields) if field.line is event.input)
        for number, field in enumerate(self._fields):
            problem = self.problem_of(field)
            if problem is None and not (self.OFFERS and number == asked + 1):
                continue
            field.line.focus()
            # What was not asked for yet is no mistake.
            said = problem if problem and (number <= asked or field.value) else ""
            self.query_one(".problem", Static).update(Text(said))
            return
        self.dismiss(self.answer())
