"""The cluster query language, as filters and placement constraints are written in it. Pure.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-query-language.html
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

Facts = Callable[[str], str | None]
"""What is known of one instance by subject, e.g. `attribute:kiosk.release`; None: not there."""

Query = Callable[[Facts], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:
        (?P<text>'[^']*'|"[^"]*")
      | (?P<sign>==|!=|>=|<=|=~|!~|&&|\|\||[()\[\],<>]|!(?=\s*(?:in|exists)\b)|!)
      | (?P<word>[A-Za-z0-9_.:/\\@+*?^$-]+)
    )""",
    re.VERBOSE,
)
_SIGNS: Final = {
    "equals": "==",
    "not_equals": "!=",
    "greater_than": ">",
    "greater_than_equal": ">=",
    "less_than": "<",
    "less_than_equal": "<=",
    "matches": "=~",
    "not_matches": "!~",
    "&&": "and",
    "||": "or",
}
_SUBJECTS: Final = frozenset(
    {"agentConnected", "agentVersion", "ec2InstanceId", "registeredAt", "runningTasksCount"}
)


class QueryError(Exception):
    """The expression can't be read; the text says where."""


def parsed(expression: str) -> Query:
    """Read an expression; raises QueryError."""
    reader = _Reader(_tokens(expression))
    query = reader.either()
    if not reader.at_end():
        raise QueryError(f"unexpected {reader.take()!r}")
    return query


def _tokens(expression: str) -> list[str]:
    tokens: list[str] = []
    place = 0
    while expression[place:].strip():
        found = _TOKEN.match(expression, place)
        if found is None:
            raise QueryError(f"can't read {expression[place:].strip()[:20]!r}")
        token = found[found.lastgroup or 0]
        tokens.append(_SIGNS.get(token, token))
        place = found.end()
    return tokens


class _Reader:
    """Reads tokens from left to right; `and` binds closer than `or`."""

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._next = 0

    def at_end(self) -> bool:
        return self._next == len(self._tokens)

    def take(self) -> str:
        if self.at_end():
            raise QueryError("the expression ends too early")
        self._next += 1
        return self._tokens[self._next - 1]

    def either(self) -> Query:
        parts = [self._both()]
        while self._takes("or"):
            parts.append(self._both())
        return lambda facts: any(part(facts) for part in parts)

    def _both(self) -> Query:
        parts = [self._single()]
        while self._takes("and"):
            parts.append(self._single())
        return lambda facts: all(part(facts) for part in parts)

    def _single(self) -> Query:
        if self._takes("not") or self._takes("!"):
            inner = self._single()
            return lambda facts: not inner(facts)
        if self._takes("("):
            group = self.either()
            self._must(")")
            return group
        return self._comparison()

    def _comparison(self) -> Query:
        subject = self.take()
        if subject not in _SUBJECTS and not subject.startswith("attribute:"):
            raise QueryError(f"unknown subject {subject!r}")
        sign = self.take()
        if sign == "!":
            sign = f"not_{self.take()}"
        match sign:
            case "exists":
                return lambda facts: facts(subject) is not None
            case "not_exists":
                return lambda facts: facts(subject) is None
            case "in" | "not_in":
                among = frozenset(self._list())
                if sign == "in":
                    return lambda facts: facts(subject) in among
                return lambda facts: facts(subject) not in among
            case _:
                return _compared(subject, sign, _plain(self.take()))

    def _list(self) -> list[str]:
        self._must("[")
        items = [_plain(self.take())]
        while self._takes(","):
            items.append(_plain(self.take()))
        self._must("]")
        return items

    def _takes(self, token: str) -> bool:
        if not self.at_end() and self._tokens[self._next] == token:
            self._next += 1
            return True
        return False

    def _must(self, token: str) -> None:
        found = self.take()
        if found != token:
            raise QueryError(f"expected {token!r}, not {found!r}")


def _compared(subject: str, sign: str, value: str) -> Query:
    match sign:
        case "==":
            return lambda facts: facts(subject) == value
        case "!=":
            return lambda facts: facts(subject) != value
        case "=~" | "!~":
            try:
                pattern = re.compile(value)
            except re.error as error:
                raise QueryError(f"{value!r} is no pattern") from error
            wanted = sign == "=~"
            return lambda facts: bool(pattern.search(facts(subject) or "")) is wanted
        case ">" | ">=" | "<" | "<=":
            return lambda facts: _ordered(facts(subject), sign, value)
        case _:
            raise QueryError(f"unknown operator {sign!r}")


def _ordered(known: str | None, sign: str, value: str) -> bool:
    if known is None:
        return False
    numbers = _numbers(known), _numbers(value)
    if numbers[0] is not None and numbers[1] is not None:
        order = (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    else:
        order = (known > value) - (known < value)
    match sign:
        case ">":
            return order > 0
        case ">=":
            return order >= 0
        case "<":
            return order < 0
        case _:
            return order <= 0


def _numbers(text: str) -> tuple[int, ...] | None:
    """Return the parts of a number or version, so that 1.105 comes after 1.99."""
    parts = text.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else None


def _plain(token: str) -> str:
    return token[1:-1] if token[0] in "'\"" else token
