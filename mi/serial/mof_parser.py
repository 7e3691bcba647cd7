"""MOF parsed: from its tokens to its syntax, by the grammar of DSP0004 annex A.

Beyond that grammar it takes what Windows' own MOF has: `void` methods, `object`, qualifiers on
instances and on their values (passed over, as MI has none there), pragmas of several arguments, and
an instance written where its value stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeVar

from mi.serial.embedding import DEEPEST
from mi.serial.mof_syntax import (
    AliasUse,
    ArraySyntax,
    Assignment,
    ClassSyntax,
    FeatureSyntax,
    InstanceSyntax,
    Literal,
    Pragma,
    Production,
    QualifierDeclaration,
    QualifierSyntax,
    ValueSyntax,
)
from mi.serial.mof_tokens import Token, Unreadable, tokens

__all__ = ["productions"]

Part = TypeVar("Part")

_CONSTANTS = {"true": ("boolean", True), "false": ("boolean", False), "null": ("null", None)}
_LITERALS = ("string", "char16", "integer", "real")


def productions(text: str) -> Iterator[Production]:
    """Return what a text declares, piece by piece.

    Raises:
        Unreadable: it is not MOF.
    """
    return _Parser(text).productions()


class _Parser:
    """A recursive descent over the tokens of one text; one token of look-ahead."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens(text)
        self._next = next(self._tokens)
        self._depth = 0

    # Tokens

    def _take(self) -> Token:
        token = self._next
        if token.kind != "end":
            self._next = next(self._tokens)
        return token

    def _expect(self, kind: str) -> Token:
        if self._next.kind != kind:
            raise self._wrong(kind if kind in _KINDS else f"'{kind}'")
        return self._take()

    def _wrong(self, expected: str) -> Unreadable:
        found = self._next
        seen = _KINDS.get(found.kind, f"'{found.kind}'")
        if found.kind == "name":
            seen = f"'{found.value}'"
        return Unreadable(found.offset, f"{_KINDS.get(expected, expected)} is expected, not {seen}")

    def _accept(self, kind: str) -> bool:
        if self._next.kind != kind:
            return False
        self._take()
        return True

    def _is_word(self, *words: str) -> bool:
        return self._next.kind == "name" and self._next.value.lower() in words

    def _accept_word(self, word: str) -> bool:
        if not self._is_word(word):
            return False
        self._take()
        return True

    def _expect_word(self, word: str) -> None:
        if not self._accept_word(word):
            raise self._wrong(f"'{word}'")

    def _name(self) -> str:
        return str(self._expect("name").value)

    def _string(self) -> str:
        """Return a string, and those that follow it with nothing between as its continuation."""
        parts = [str(self._expect("string").value)]
        while self._next.kind == "string":
            parts.append(str(self._take().value))
        return "".join(parts)

    def _listed(self, part: Callable[[], Part], close: str) -> tuple[Part, ...]:
        """Return parts with commas between them, up to and with the token that closes them."""
        parts: list[Part] = []
        while not self._accept(close):
            if parts:
                self._expect(",")
            parts.append(part())
        return tuple(parts)

    # Declarations

    def productions(self) -> Iterator[Production]:
        while self._next.kind != "end":
            yield self._production()

    def _production(self) -> Production:
        offset = self._next.offset
        if self._accept("pragma"):
            return self._pragma(offset)
        qualifiers = self._qualifiers()
        if self._accept_word("class"):
            return self._class(qualifiers)
        if self._is_word("instance"):
            instance = self._instance()
            self._expect(";")
            return instance
        if not qualifiers and self._accept_word("qualifier"):
            return self._qualifier_declaration(offset)
        raise self._wrong("a class, an instance, a qualifier or a pragma")

    def _pragma(self, offset: int) -> Pragma:
        name = self._name()
        self._expect("(")
        # Windows has pragmas of several arguments; those of MI and DSP0004 have one.
        argument = self._listed(self._pragma_argument, ")")
        return Pragma(offset, name, argument[0] if argument else "")

    def _pragma_argument(self) -> str:
        return self._string() if self._next.kind == "string" else str(self._take().value)

    def _class(self, qualifiers: tuple[QualifierSyntax, ...]) -> ClassSyntax:
        offset = self._next.offset
        name = self._name()
        self._alias()  # an alias of a class says nothing that MI has a use for
        superclass = self._name() if self._accept(":") else None
        self._expect("{")
        features: list[FeatureSyntax] = []
        while not self._accept("}"):
            features.append(self._feature())
        self._expect(";")
        return ClassSyntax(offset, qualifiers, name, superclass, tuple(features))

    def _alias(self) -> str | None:
        return str(self._expect("alias").value) if self._accept_word("as") else None

    def _feature(self) -> FeatureSyntax:
        qualifiers = self._qualifiers()
        type_name, is_reference, offset, name = self._typed_name()
        parameters, default = None, None
        is_array, array_size = False, None
        if self._accept("("):
            parameters = self._listed(self._parameter, ")")
        else:
            is_array, array_size = self._array()
            default = self._value() if self._accept("=") else None
        self._expect(";")
        return FeatureSyntax(
            offset, qualifiers, type_name, is_reference, name, is_array, array_size, default,
            parameters,
        )  # fmt: skip

    def _typed_name(self) -> tuple[str, bool, int, str]:
        type_name, token = self._name(), self._expect("name")
        # A feature may be called Ref too, in a language where words are not reserved.
        is_reference = token.value.lower() == "ref" and self._next.kind == "name"
        token = self._take() if is_reference else token
        return type_name, is_reference, token.offset, str(token.value)

    def _parameter(self) -> FeatureSyntax:
        qualifiers = self._qualifiers()
        type_name, is_reference, offset, name = self._typed_name()
        return FeatureSyntax(offset, qualifiers, type_name, is_reference, name, *self._array())

    def _array(self) -> tuple[bool, int | None]:
        if not self._accept("["):
            return False, None
        size = None
        if self._next.kind == "integer":
            token = self._take()
            size = int(token.value)
            if size < 1:
                raise Unreadable(token.offset, "this is not the size of an array")
        self._expect("]")
        return True, size

    # Qualifiers

    def _qualifiers(self) -> tuple[QualifierSyntax, ...]:
        return self._listed(self._qualifier, "]") if self._accept("[") else ()

    def _qualifier(self) -> QualifierSyntax:
        token = self._expect("name")
        value: ValueSyntax | None = None
        if self._accept("("):
            value = self._value()
            self._expect(")")
        elif self._next.kind == "{":
            value = self._value()
        flavors: list[tuple[int, str]] = []
        if self._accept(":"):
            while self._next.kind == "name":
                flavors.append((self._next.offset, self._name()))
        return QualifierSyntax(token.offset, str(token.value), value, tuple(flavors))

    def _qualifier_declaration(self, offset: int) -> QualifierDeclaration:
        name = self._name()
        self._expect(":")
        type_name = self._name()
        is_array, _ = self._array()
        default = self._value() if self._accept("=") else None
        flavors: tuple[tuple[int, str], ...] = ()
        while self._accept(","):
            is_flavor = self._is_word("flavor")
            if not is_flavor and not self._is_word("scope"):
                raise self._wrong("'Scope' or 'Flavor'")
            self._take()
            self._expect("(")
            words = self._listed(self._word, ")")
            flavors = words if is_flavor else flavors
        self._expect(";")
        return QualifierDeclaration(offset, name, type_name, is_array, default, flavors)

    def _word(self) -> tuple[int, str]:
        token = self._expect("name")
        return token.offset, str(token.value)

    # Instances and values

    def _instance(self) -> InstanceSyntax:
        offset = self._next.offset
        self._expect_word("instance")
        self._expect_word("of")
        class_name = self._name()
        alias = self._alias()
        self._expect("{")
        values: list[Assignment] = []
        while not self._accept("}"):
            values.append(self._assignment())
        return InstanceSyntax(offset, class_name, alias, tuple(values))

    def _assignment(self) -> Assignment:
        self._qualifiers()
        token = self._expect("name")
        self._expect("=")
        value = self._value()
        self._expect(";")
        return token.offset, str(token.value), value

    def _value(self) -> ValueSyntax:
        offset = self._next.offset
        if self._accept("{"):
            return ArraySyntax(offset, self._listed(self._single_value, "}"))
        return self._single_value()

    def _single_value(self) -> Literal | AliasUse | InstanceSyntax:
        token = self._next
        if token.kind == "string":
            return Literal(token.offset, "string", self._string())
        if token.kind in _LITERALS:
            return Literal(token.offset, token.kind, self._take().value)
        if token.kind == "alias":
            return AliasUse(token.offset, str(self._take().value))
        if self._is_word("instance"):
            return self._inner_instance()
        if self._is_word(*_CONSTANTS):
            kind, value = _CONSTANTS[self._name().lower()]
            return Literal(token.offset, kind, value)
        raise self._wrong("a value")

    def _inner_instance(self) -> InstanceSyntax:
        if self._depth == DEEPEST:
            raise Unreadable(self._next.offset, f"more than {DEEPEST} instances are in one another")
        self._depth += 1
        instance = self._instance()
        self._depth -= 1
        return instance


_KINDS = {
    "name": "a name",
    "alias": "an alias",
    "pragma": "a pragma",
    "string": "a string",
    "char16": "a character",
    "integer": "a number",
    "real": "a number",
    "end": "the end",
}
