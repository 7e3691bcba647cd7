"""The methods of `Loopback_AllTypes`: every type goes in and comes out again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from protocols.loopback.repository import Invoked, Repository

__all__ = ["serve_echo"]

_CLASS: Final = "Loopback_AllTypes"
_DIGITS: Final = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def serve_echo(repository: Repository) -> None:
    """Let the methods of `Loopback_AllTypes` be called."""
    for name, method in (("Echo", _echo), ("Fail", _fail), ("Spell", _spell), ("Nothing", _fail)):
        repository.on(_CLASS, name, method)


def _echo(call: Invoked) -> Mapping[str, Any]:
    return {**call.parameters, "ReturnValue": 0}


def _fail(call: Invoked) -> Mapping[str, Any]:
    return {"ReturnValue": call.parameters.get("Code") or 0}


def _spell(call: Invoked) -> Mapping[str, Any]:
    digits = str(call.parameters.get("Number") or 0)
    return {"ReturnValue": " ".join(_DIGITS[int(digit)] for digit in digits)}
