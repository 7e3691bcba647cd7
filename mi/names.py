"""CIM names: compared without case, written as they were first seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from mi.errors import InvalidParameter, TypeMismatch

__all__ = ["NameMap", "check_name", "name_matcher", "normalize_namespace", "suggestion"]

T_co = TypeVar("T_co", covariant=True)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST_SHOWN = 20  # of the names that there are, in a message


class NameMap(Mapping[str, T_co]):
    """A read-only mapping from CIM names, without case and in order of declaration.

    Of two names that differ in case alone, the first gives the spelling, the last the value.
    """

    __slots__ = ("_folded", "_items")

    def __init__(self, items: Iterable[tuple[str, T_co]] = ()) -> None:
        self._items: dict[str, T_co] = {}
        self._folded: dict[str, str] = {}
        for name, item in items:
            self._items[self._folded.setdefault(name.lower(), name)] = item

    def __getitem__(self, name: str) -> T_co:
        try:
            return self._items[self._folded[name.lower()]]
        except KeyError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._folded

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._items!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (tuple(self._items.items()),)

    def spelling(self, name: str) -> str | None:
        """Return `name` as the mapping writes it, or None if it is not there."""
        return self._folded.get(name.lower())


def check_name(name: str, what: str) -> str:
    """Return `name` if it is a name as MI allows them (narrower than DSP0004 A.1: ASCII alone).

    Raises:
        InvalidParameter: it is not; the message calls it `what`.
        TypeMismatch: it is no string.
    """
    if not _NAME.match(_text(name, what)):
        raise InvalidParameter(f"{name!r} is not a legal {what}", advice=_LEGAL_NAMES)
    return name


_LEGAL_NAMES = "Names are letters of ASCII, digits and _, and do not begin with a digit."


def name_matcher(pattern: str | None) -> Callable[[str], object]:
    """Return what tells whether a name matches a pattern, without case; any does where it is None.

    Args:
        pattern: `*` is any text, `?` any character.
    """
    parts = (_WILDCARDS.get(one) or re.escape(one) for one in pattern or "*")
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL).fullmatch


_WILDCARDS = {"*": ".*", "?": "."}


def normalize_namespace(namespace: str) -> str:
    r"""Return `namespace` with single forward slashes and none at either end.

    Raises:
        InvalidParameter: it is empty, or holds a control character, which is what `\v` in an
            ordinary string literal turns into.
        TypeMismatch: it is no string.
    """
    if _CONTROL.search(_text(namespace, "namespace")):
        raise InvalidParameter(
            f"the namespace {namespace!r} holds a control character",
            advice="Write root/virtualization/v2 or a raw string.",
        )
    parts = [part for part in namespace.replace("\\", "/").split("/") if part]
    if not parts:
        raise InvalidParameter("the namespace is empty", advice="Leave it out, or name one.")
    return "/".join(parts)


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return the sentence that helps whoever wrote `name` and meant one of those that are known."""
    import difflib  # noqa: PLC0415 - for mistakes alone

    spellings = {one.lower(): one for one in known}
    near = difflib.get_close_matches(name.lower(), spellings, n=1)
    if near:
        return f"Did you mean {spellings[near[0]]}?"
    shown = sorted(spellings.values())
    if not shown:
        return "There are none."
    more = f" and {len(shown) - _MOST_SHOWN} more" if len(shown) > _MOST_SHOWN else ""
    return f"There are {', '.join(shown[:_MOST_SHOWN])}{more}."


def _text(name: Any, what: str) -> str:
    if not isinstance(name, str):
        raise TypeMismatch(f"a {what} is a string, not {name!r}")
    return name
