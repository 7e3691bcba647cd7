"""What a number means: the ValueMap and Values qualifiers of a property, parameter or method.

DSP0004 5.6.3.61 (ValueMap) and 5.6.3.60 (Values): the entries of one belong to those of the other
by position; without a ValueMap they belong to the numbers from 0. An entry of a ValueMap is a
value, or for integers a range `2..5`, `..5`, `2..` or the rest, `..`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mi.schema import Qualifier

__all__ = ["meaning_of"]

_RANGE = re.compile(r"\s*([+-]?\d{1,20})?\s*\.\.\s*([+-]?\d{1,20})?\s*\Z", re.ASCII)


def meaning_of(value: Any, qualifiers: Mapping[str, Qualifier]) -> str | None:
    """Return what `value` stands for, or None where the qualifiers do not say.

    Args:
        value: an integer or a string; nothing else is mapped.
        qualifiers: those of what has this value, by name, without case.
    """
    texts = _entries(qualifiers, "Values")
    if texts is None or not isinstance(value, (int, str)):
        return None
    codes = _entries(qualifiers, "ValueMap")
    if codes is None:
        codes = [str(number) for number in range(len(texts))]
    meanings = dict(zip(codes, texts, strict=False))
    exact = meanings.get(str(value))
    if exact is not None or isinstance(value, str):
        return exact
    # The rest of the values is what is in no other range, wherever it stands.
    for entry in sorted(meanings, key=lambda entry: entry.strip() == ".."):
        match = _RANGE.match(entry)
        if match is not None and _holds(match[1], match[2], value):
            return meanings[entry]
    return None


def _entries(qualifiers: Mapping[str, Qualifier], name: str) -> list[str] | None:
    qualifier = qualifiers.get(name)
    return qualifier.value if qualifier is not None and isinstance(qualifier.value, list) else None


def _holds(low: str | None, high: str | None, value: int) -> bool:
    return (low is None or int(low) <= value) and (high is None or value <= int(high))
