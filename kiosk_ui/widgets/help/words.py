"""A heading and what belongs to it."""

from rich.text import Text
from textual.widgets import Static


class HelpWords(Static):
    """Paragraphs below a heading."""

    DEFAULT_CSS = """
    HelpWords { height: auto; width: 100%; margin-bottom: 1; }
    """

    def __init__(self, heading: str, *paragraphs: str) -> None:
        super().__init__(Text("\n").join([Text(heading, "bold"), *map(Text, paragraphs)]))
