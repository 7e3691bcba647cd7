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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn, Protocol

from mi.errors import InvalidQuery
from mi.instance import Instance
from mi.results import CimType
from mi.schema import Class
from mi.values import shown
from protocols.loopback.comparison import comparer, liker

__all__ = ["ClassTest", "Condition", "Predicate", "Select", "parse", "parse_event_query"]

Predicate = Callable[[Instance], bool]
ClassTest = Callable[[str, str], bool]
"""Whether the class named first is, or derives from, the class named second."""

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


class Condition(Protocol):
    """A condition as it was read; a class makes a test of it."""

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:
        """Return the test for instances of `class_` and its subclasses.

        Raises:
            InvalidQuery: the class has no such property, or it cannot be compared so.
        """
        ...


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
        spelled = dict.fromkeys(_spelling(class_, name) for name in self.properties)
        # WMI knows system properties, but WS-Management never shows them.
        return tuple(name for name in spelled if name not in _SYSTEM_PROPERTIES)

    def predicate(self, class_: Class, is_a: ClassTest) -> Predicate:
        """Return the test for instances of `class_`.

        Raises:
            InvalidQuery: the condition does not fit the class.
        """
        return _always if self.condition is None else self.condition.bind(class_, is_a)


def _always(_: Instance) -> bool:
    return True


def _spelling(class_: Class, name: str) -> str:
    if name.upper() in _SYSTEM_PROPERTIES:
        return name.upper()
    spelling = class_.properties.spelling(name)
    if spelling is None:
        raise InvalidQuery(f"{class_.name} has no property {name}")
    return spelling


# The conditions

_SYSTEM_PROPERTIES: dict[str, Callable[[Instance], Any]] = {
    "__CLASS": lambda instance: instance.class_name,
    "__NAMESPACE": lambda instance: (instance.namespace or "").replace("/", "\\"),
    "__SERVER": lambda instance: instance.server_name,
}
_THIS = "__THIS"


def _reader(class_: Class, name: str) -> tuple[Callable[[Instance], Any], CimType]:
    spelling = _spelling(class_, name)
    if spelling in _SYSTEM_PROPERTIES:
        return _SYSTEM_PROPERTIES[spelling], CimType.STRING
    return lambda instance: instance[spelling], class_.properties[spelling].type


def _inside(value: Any, names: Sequence[str]) -> tuple[Any, CimType] | None:
    """Return a property of an object and its type, or None where the object has none."""
    cim_type = CimType.INSTANCE
    for name in names:
        if not isinstance(value, Instance):
            return None
        if name.upper() in _SYSTEM_PROPERTIES:
            value, cim_type = _SYSTEM_PROPERTIES[name.upper()](value), CimType.STRING
        elif name in value:
            element = value.element(name)
            value, cim_type = element.value, element.type or CimType.STRING
        else:
            return None
    return value, cim_type


@dataclass(frozen=True, slots=True)
class _Comparison:
    name: str
    sign: str
    constant: Any

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:  # noqa: ARG002 - a Condition's
        if "." in self.name:
            return self._bind_inside(class_)
        read, cim_type = _reader(class_, self.name)
        test = self._test(cim_type, class_)
        return lambda instance: test(read(instance))

    def _test(self, cim_type: CimType, class_: Class) -> Callable[[Any], bool]:
        if self.sign == "LIKE":
            return liker(self.constant, cim_type)
        return comparer(self.sign, cim_type, self.constant, class_.namespace or "")

    def _bind_inside(self, class_: Class) -> Predicate:
        """Return the test of a property of an embedded object, whose class only that tells."""
        first, *names = self.name.split(".")
        read, cim_type = _reader(class_, first)
        if cim_type is not CimType.INSTANCE:
            raise InvalidQuery(f"{first} is no object, so it has no {'.'.join(names)}")

        def test(instance: Instance) -> bool:
            found = _inside(read(instance), names)
            return found is not None and self._test(found[1], class_)(found[0])

        return test


@dataclass(frozen=True, slots=True)
class _IsA:
    name: str
    class_name: str

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:
        if self.name.upper() in (_THIS, "__CLASS"):
            return lambda instance: is_a(instance.class_name, self.class_name)
        read, cim_type = _reader(class_, self.name)
        if cim_type not in (CimType.INSTANCE, CimType.REFERENCE):
            raise InvalidQuery(f"{self.name} is no object, so ISA says nothing about it")

        def test(instance: Instance) -> bool:
            value = read(instance)
            return value is not None and is_a(value.class_name, self.class_name)

        return test


@dataclass(frozen=True, slots=True)
class _Not:
    condition: Condition

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:
        test = self.condition.bind(class_, is_a)
        return lambda instance: not test(instance)


@dataclass(frozen=True, slots=True)
class _Joined:
    conditions: tuple[Condition, ...]
    decide: Callable[[Any], bool]  # all or any

    def bind(self, class_: Class, is_a: ClassTest) -> Predicate:
        tests = [condition.bind(class_, is_a) for condition in self.conditions]
        decide = self.decide
        return lambda instance: decide(test(instance) for test in tests)


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
        return conditions[0] if len(conditions) == 1 else _Joined(tuple(conditions), any)

    def _and(self) -> Condition:
        conditions = [self._not()]
        while self._accept("AND"):
            conditions.append(self._not())
        return conditions[0] if len(conditions) == 1 else _Joined(tuple(conditions), all)

    def _not(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._refuse(f"a condition may be {_DEEPEST} levels deep")
        condition = self._nested()
        self._depth -= 1
        return condition

    def _nested(self) -> Condition:
        if self._accept("NOT"):
            return _Not(self._not())
        if not self._accept("("):
            return self._comparison()
        condition = self._or()
        self._expect(")")
        return condition

    def _comparison(self) -> Condition:
        if self._is_constant():
            constant = self._constant()
            sign = self._sign()
            return _Comparison(self._name(), _MIRRORED.get(sign, sign), constant)
        name = self._name()
        if self._accept("IS"):
            sign = "<>" if self._accept("NOT") else "="
            self._expect("NULL")
            return _Comparison(name, sign, None)
        if self._accept("ISA"):
            return _IsA(name, self._class_text())
        if self._accept("LIKE"):
            return _Comparison(name, "LIKE", self._constant())
        return _Comparison(name, self._sign(), self._constant())

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
