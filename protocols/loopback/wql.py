r"""WQL, as far as WMI evaluates it for data and events: text in, a checked query and its test out.

    SELECT * | property, …   FROM class   [WITHIN seconds]   [WHERE condition]

A condition compares a property with a constant, on either side: `=`, `<>` (also `!=`), `<`, `>`,
`<=`, `>=`, LIKE, IS [NOT] NULL, ISA, joined by AND, OR, NOT and parentheses. Text stands in either
kind of quotes, with `\` before a quote or a backslash. Keywords and names know no case. `__CLASS`
is the class of the instance, `__THIS ISA 'Class'` asks whether it derives from one, and so does
`Property ISA 'Class'` for an embedded object, of which `Property.Name` is a property. WITHIN is for
events. Joins, `ASSOCIATORS OF`, `REFERENCES OF` and GROUP are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

from mi.errors import InvalidQuery
from mi.instance import Instance
from mi.schema import Class
from mi.values import shown
from protocols.loopback.conditions import (
    SYSTEM_PROPERTIES,
    ClassTest,
    Comparison,
    Condition,
    IsA,
    Joined,
    Not,
    Predicate,
    spelling,
)

__all__ = ["Select", "parse", "parse_event_query"]

_DEEPEST = 100  # of parentheses and NOTs; WMI has a limit too, which is larger
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<real>[+-]?(?:\d+\.\d*|\.\d+|\d+(?=[eE]))(?:[eE][+-]?\d+)?)
      | (?P<integer>[+-]?(?:0[xX][0-9a-fA-F]+|\d+))(?![\w.])
      | (?P<word>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)
      | (?P<sign><=|>=|<>|!=|[=<>(),*])
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_COMPARISONS = ("=", "<>", "<", ">", "<=", ">=")
_MIRRORED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_CONSTANT_WORDS = {"TRUE": True, "FALSE": False, "NULL": None}
_RESERVED = (
    *("SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "LIKE", "IS", "ISA", "NULL", "TRUE", "FALSE"),
    *("WITHIN", "GROUP", "BY", "HAVING"),
)


class _Token(NamedTuple):
    kind: str
    text: str
    position: int

    @property
    def keyword(self) -> str:
        return self.text.upper() if self.kind in ("word", "sign") else ""


@dataclass(frozen=True, slots=True)
class Select:
    """A query: a class, what to return of its instances, and which of them.

    Attributes:
        class_name: as the query spells it.
        properties: the selected properties as the query spells them, or None for `*`.
        condition: what they must satisfy, or None.
        within: seconds between two looks for events, or None.
    """

    class_name: str
    properties: tuple[str, ...] | None = None
    condition: Condition | None = None
    within: float | None = None

    def selected(self, class_: Class) -> tuple[str, ...] | None:
        """Return the selected properties as the class spells them, or None for all.

        Raises:
            InvalidQuery: the class has no such property.
        """
        if self.properties is None:
            return None
        spelled = dict.fromkeys(spelling(class_, name) for name in self.properties)
        # WMI knows system properties, but WS-Management never shows them.
        return tuple(name for name in spelled if name not in SYSTEM_PROPERTIES)

    def predicate(self, class_: Class, is_a: ClassTest) -> Predicate:
        """Return the test for instances of `class_`.

        Raises:
            InvalidQuery: the condition does not fit the class.
        """
        return _always if self.condition is None else self.condition.bind(class_, is_a)


def _always(_: Instance) -> bool:
    return True


# The parser


def parse(text: str) -> Select:
    """Return the query that `text` is.

    Raises:
        InvalidQuery: it is none, or one that this endpoint does not evaluate.
    """
    return _Parser(text).query()


def parse_event_query(text: str) -> Select:
    """Return the query that `text` is, which may say how often to look.

    Raises:
        InvalidQuery: it is none, or one that this endpoint does not evaluate.
    """
    return _Parser(text).query(is_event=True)


class _Parser:
    """Reads one query; each method reads one rule of the grammar and leaves what follows it."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._depth = 0
        self._token = self._read()

    def query(self, *, is_event: bool = False) -> Select:
        self._expect("SELECT")
        properties = self._properties()
        self._expect("FROM")
        class_name = self._name()
        within = self._seconds() if is_event and self._accept("WITHIN") else None
        condition = self._or() if self._accept("WHERE") else None
        if self._token.kind != "end":
            self._refuse("nothing may follow")
        return Select(class_name, properties, condition, within)

    def _seconds(self) -> float:
        if self._token.kind not in ("real", "integer"):
            self._refuse("a number of seconds is wanted")
        return float(_value(self._next()))

    def _properties(self) -> tuple[str, ...] | None:
        if self._accept("*"):
            return None
        names = [self._name()]
        while self._accept(","):
            names.append(self._name())
        return tuple(names)

    def _or(self) -> Condition:
        conditions = [self._and()]
        while self._accept("OR"):
            conditions.append(self._and())
        return conditions[0] if len(conditions) == 1 else Joined(tuple(conditions), any)

    def _and(self) -> Condition:
        conditions = [self._not()]
        while self._accept("AND"):
            conditions.append(self._not())
        return conditions[0] if len(conditions) == 1 else Joined(tuple(conditions), all)

    def _not(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse(f"a condition may be {_DEEPEST} levels deep")
        condition = self._nested()
        self._depth -= 1
        return condition

    def _nested(self) -> Condition:
        if self._accept("NOT"):
            return Not(self._not())
        if not self._accept("("):
            return self._comparison()
        condition = self._or()
        self._expect(")")
        return condition

    def _comparison(self) -> Condition:
        if self._is_constant():
            constant = self._constant()
            sign = self._sign()
            return Comparison(self._name(), _MIRRORED.get(sign, sign), constant)
        name = self._name()
        if self._accept("IS"):
            sign = "<>" if self._accept("NOT") else "="
            self._expect("NULL")
            return Comparison(name, sign, None)
        if self._accept("ISA"):
            return IsA(name, self._class_text())
        if self._accept("LIKE"):
            return Comparison(name, "LIKE", self._constant())
        return Comparison(name, self._sign(), self._constant())

    def _sign(self) -> str:
        sign = "<>" if self._token.text == "!=" else self._token.text
        if self._token.kind != "sign" or sign not in _COMPARISONS:
            self._refuse("a comparison is wanted")
        self._next()
        return sign

    def _class_text(self) -> str:
        if self._token.kind != "text":
            self._refuse("ISA wants the name of a class in quotes")
        return str(self._constant())

    def _is_constant(self) -> bool:
        token = self._token
        return token.kind in ("text", "real", "integer") or token.keyword in _CONSTANT_WORDS

    def _constant(self) -> Any:
        if not self._is_constant():
            self._refuse("a constant is wanted")
        return _value(self._next())

    def _name(self) -> str:
        if self._token.kind != "word" or self._token.keyword in _RESERVED:
            self._refuse("a name is wanted")
        return self._next().text

    def _accept(self, keyword: str) -> bool:
        found = self._token.keyword == keyword
        if found:
            self._next()
        return found

    def _expect(self, keyword: str) -> None:
        if not self._accept(keyword):
            self._refuse(f"{keyword} is wanted")

    def _next(self) -> _Token:
        token, self._token = self._token, self._read()
        return token

    def _read(self) -> _Token:
        match = _TOKEN.match(self._text, self._position)
        if match is not None and match.lastgroup is not None:
            self._position = match.end()
            return _Token(match.lastgroup, match[match.lastgroup], match.start(match.lastgroup))
        if self._text[self._position :].strip():
            raise InvalidQuery(f"the query cannot be read at {self._text[self._position :][:20]!r}")
        return _Token("end", "", len(self._text))

    def _refuse(self, reason: str) -> NoReturn:
        found = shown(self._token.text) if self._token.text else "the end"
        raise InvalidQuery(f"{reason} at position {self._token.position}, where {found} stands")


def _value(token: _Token) -> Any:
    if token.kind == "text":
        return _ESCAPE.sub(r"\1", token.text[1:-1])
    if token.kind == "real":
        return float(token.text)
    if token.kind == "integer":
        return _integer(token.text)
    return _CONSTANT_WORDS[token.keyword]


def _integer(text: str) -> int:
    try:
        return int(text, 16 if "x" in text.lower() else 10)
    except ValueError as error:  # more digits than Python converts
        raise InvalidQuery(f"{text[:20]}… is too long for a number") from error
