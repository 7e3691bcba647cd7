"""What a script may ask the user, and who answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["AnswerPrompt", "Choice", "Field", "PromptKind", "ScriptPrompt"]


class PromptKind(StrEnum):
    """What is asked for, and so what an answer is."""

    LINE = "line"
    """A text (`Read-Host`)."""
    SECURE_LINE = "secure line"
    """A `SecureString` (`Read-Host -AsSecureString`); a text is taken, too."""
    FIELDS = "fields"
    """A mapping from the names of the fields to their values (mandatory parameters)."""
    CREDENTIAL = "credential"
    """`Credentials` with a password (`Get-Credential`)."""
    CHOICE = "choice"
    """The number of a choice, from 0 (`-Confirm`)."""
    CHOICES = "choices"
    """A list of such numbers."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several choices.

    Attributes:
        label: what it says; the letter behind `&` is its key.
        help: what it means.
    """

    label: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One of several values that are asked for.

    Attributes:
        name: of the parameter.
        type_name: its .NET type.
        label: what to call it.
        help: what it means.
        is_mandatory: whether it must have a value.
    """

    name: str
    type_name: str = "System.String"
    label: str = ""
    help: str = ""
    is_mandatory: bool = True


@dataclass(frozen=True, slots=True)
class ScriptPrompt:
    """A question of a script.

    Attributes:
        kind: what is asked for.
        caption: what it is about.
        message: the question.
        choices: what there is to choose from.
        fields: the values that are asked for.
        default: of a choice its number, or numbers; None where there is none.
        user: whose credentials are wanted, where that is said.
    """

    kind: PromptKind
    caption: str = ""
    message: str = ""
    choices: tuple[Choice, ...] = ()
    fields: tuple[Field, ...] = ()
    default: int | tuple[int, ...] | None = field(default=None)
    user: str | None = None


AnswerPrompt = Callable[[ScriptPrompt], Any]
"""Answers a question; what it raises is the script's error."""
