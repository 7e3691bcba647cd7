"""Sets of options: what was given, out of what there is.

An option is an attribute that checks what it is given. One that was not set reads None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, ClassVar, Generic, Self, TypeVar, overload

from mi.custom_options import CustomOption
from mi.errors import InvalidParameter, TypeMismatch
from mi.results import CimType

__all__ = ["Option", "OptionSet", "TimeOption"]

GivenT = TypeVar("GivenT")
ValueT = TypeVar("ValueT")


class Option(Generic[GivenT, ValueT]):
    """One option: a descriptor that checks what it is given. None unsets."""

    def __init__(self, check: Callable[[GivenT, str], ValueT], doc: str) -> None:
        self._check = check
        self._name = ""
        self.__doc__ = doc

    def __set_name__(self, owner: type[OptionSet], name: str) -> None:
        self._name = name
        owner.names = (*owner.names, name)

    @overload
    def __get__(self, options: None, owner: type) -> Self: ...

    @overload
    def __get__(self, options: OptionSet, owner: type) -> ValueT | None: ...

    def __get__(self, options: OptionSet | None, owner: type) -> Self | ValueT | None:
        return self if options is None else options.values.get(self._name)

    def __set__(self, options: OptionSet, value: GivenT | None) -> None:
        if value is None:
            self.__delete__(options)
        else:
            options.values[self._name] = self._check(value, self._name)

    def __delete__(self, options: OptionSet) -> None:
        options.values.pop(self._name, None)


class TimeOption(Option[float | timedelta, float]):
    """A time limit: None sets it to "for ever", which reads None as well; `del` unsets."""

    def __set__(self, options: OptionSet, value: float | timedelta | None) -> None:
        options.values[self._name] = None if value is None else self._check(value, self._name)


class OptionSet:
    """A set of options that were given, out of those that the class declares."""

    __slots__ = ("custom", "values")

    names: ClassVar[tuple[str, ...]] = ()
    # What to do about the names that other libraries give to options.
    elsewhere: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **values: Any) -> None:
        self.values: dict[str, Any] = {}
        self.custom: dict[str, CustomOption] = {}
        self.update(**values)

    def update(self, **values: Any) -> None:
        """Set several options at once.

        Raises:
            InvalidParameter: there is no such option, or a value is out of range.
            TypeMismatch: a value has the wrong type.
        """
        for name, value in values.items():
            if name not in self.names:
                raise InvalidParameter(
                    f"{type(self).__name__} has no option {name!r}",
                    advice=self.elsewhere.get(name, f"There are {', '.join(self.names)}."),
                )
            setattr(self, name, value)

    def set_custom(
        self,
        name: str,
        value: Any,
        type: CimType | None = None,  # noqa: A002 - MI's word
        must_comply: bool = False,
    ) -> None:
        """Set an option that MI has no name for (MI_OperationOptions_SetCustomOption).

        Args:
            name: the option's; a handler that does not know it ignores it.
            value: a CIM value that is no object; None for an option that is only there.
            type: its type; without one it is inferred from the value.
            must_comply: whether a server that does not know it must refuse the operation.

        Raises:
            InvalidParameter: the name is no option's, or is that of an attribute.
            TypeMismatch: the value does not fit the type, or that of the value set before.
        """
        option = CustomOption.of(name, value, type, must_comply=must_comply)
        if name in self.names:
            raise InvalidParameter(f"{name} is no custom option", advice="Set the attribute.")
        before = self.custom.get(name, option)
        if before.type is not option.type:
            raise TypeMismatch(f"the option {name} has another type already")
        self.custom[name] = option

    def copy(self) -> Self:
        """Return a copy; a later change of either leaves the other alone."""
        twin = type(self)()
        twin.values = dict(self.values)
        twin.custom = dict(self.custom)
        return twin

    __copy__ = copy

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OptionSet) or type(other) is not type(self):
            return NotImplemented
        return self.values == other.values and self.custom == other.custom

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        given = [f"{name}={value!r}" for name, value in self.values.items()]
        given += [f"{option.name}: {option.value!r}" for option in self.custom.values()]
        return f"{type(self).__name__}({', '.join(given)})"
