"""Values of PowerShell that Python has no type of its own for.

Everything else that comes from the far side is a plain value: `str`, `int`, `float`, `bool`,
`bytes`, `Decimal`, `datetime`, `timedelta`, `UUID`, `list`, `dict` or None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from reprlib import recursive_repr
from typing import Any, Final, NoReturn, Self

from mi.credentials import Credentials
from mi.errors import InvalidParameter, NotSupported

__all__ = [
    "DEEPEST",
    "EnumValue",
    "PowerShellObject",
    "SecureString",
    "name_and_password",
    "plain_type_name",
]

DEEPEST: Final = 32
"""How deep a value may be that is sent; one that holds itself is deeper."""

_MASK: Final = "******"
_DESERIALIZED: Final = "Deserialized."
_MOST_SHOWN: Final = 8  # properties in a repr; an object of Windows has a hundred


def plain_type_name(type_name: str) -> str:
    """Return the .NET type that a copy of an object is a copy of."""
    return type_name.removeprefix(_DESERIALIZED)


class PowerShellObject(Mapping[str, Any]):
    """An object of PowerShell: its properties by name, without case, in their order.

    It is a copy, with values as they were on the far side and no methods, and does no I/O.

    Attributes:
        type_names: the names of its .NET types, the most special first, as they came.
        text: what `ToString()` gives on the far side, or None.
    """

    __slots__ = ("_spelling", "_values", "text", "type_names")

    def __init__(
        self,
        values: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
        *,
        type_names: Iterable[str] = (),
        text: str | None = None,
    ) -> None:
        self._values: dict[str, Any] = {}
        self._spelling: dict[str, str] = {}
        self.type_names = tuple(type_names)
        self.text = text
        self._add(values.items() if isinstance(values, Mapping) else values)

    def _add(self, values: Iterable[tuple[str, Any]]) -> None:
        """Take properties; a decoder adds them when the object is known, for references to it."""
        for name, value in values:
            self._values[self._spelling.setdefault(name.lower(), name)] = value

    @property
    def type_name(self) -> str | None:
        """The name of its .NET type, without `Deserialized.`, or None where it says none."""
        return plain_type_name(self.type_names[0]) if self.type_names else None

    def __getitem__(self, name: str) -> Any:
        try:
            return self._values[self._spelling[name.lower()]]
        except (KeyError, AttributeError):
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._spelling

    def __str__(self) -> str:
        return repr(self) if self.text is None else self.text

    @recursive_repr("…")
    def __repr__(self) -> str:
        # The values' own properties are left out: objects refer to one another, and back.
        shown = [f"{name}={_brief(value)}" for name, value in list(self.items())[:_MOST_SHOWN]]
        shown += ["…"] * (len(self) > _MOST_SHOWN)
        return f"<{self.type_name or type(self).__name__} {', '.join(shown)}>"


def _brief(value: Any) -> str:
    if isinstance(value, PowerShellObject):
        return f"<{value.type_name or type(value).__name__}>"
    if isinstance(value, (list, dict)):
        return f"<{type(value).__name__} of {len(value)}>"
    return repr(value)


class EnumValue(int):
    """A value of a .NET enumeration: its number, which also has a name.

    Attributes:
        name: the name on the far side; of flags all that are set, with commas.
        type_name: the .NET type.
    """

    name: str
    type_name: str

    def __new__(cls, number: int, name: str, type_name: str = "System.Enum") -> Self:
        """Return the value with this number."""
        value = super().__new__(cls, number)
        value.name = name
        value.type_name = type_name
        return value

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (int(self), self.name, self.type_name)

    def __str__(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return f"<{self.type_name.rpartition('.')[2]}.{self.name}: {int(self)}>"


class SecureString:
    """A text that is never shown: not in a repr, a log or an error; it does not pickle.

    As a parameter it becomes a `SecureString` on the far side. Where it came from there, only a
    runspace's key exchange tells what it is.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str | None) -> None:
        """Keep `text`; None is one that cannot be read here."""
        self._text = text

    def reveal(self) -> str:
        """Return the text.

        Raises:
            NotSupported: it came encrypted for a user of the far side (DPAPI), or without a key.
        """
        if self._text is None:
            raise NotSupported(
                "the secure string is encrypted for its user on the far side",
                advice="Use the runspace engine, which exchanges a key for secure strings.",
            )
        return self._text

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secure string does not pickle")

    def __str__(self) -> str:
        return _MASK

    def __repr__(self) -> str:
        return f"{type(self).__name__}({_MASK})"


def name_and_password(credentials: Credentials) -> tuple[str, str]:
    """Return what a PSCredential is made of.

    Raises:
        InvalidParameter: they have no password.
    """
    if credentials.user is None or not credentials.has_password:
        raise InvalidParameter(
            "a PSCredential is a user with a password",
            advice="Make it with Credentials.password.",
        )
    return str(credentials.user), credentials.reveal()
