"""What a run delivers: results, and what an operation's callbacks are told on the way to them.

A handler makes these and the library takes them, in the order in which the server issued them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from mi.instance import Instance
from mi.results import CimType, PromptType

__all__ = [
    "Event",
    "Item",
    "Message",
    "NonTerminatingError",
    "Notice",
    "Progress",
    "Prompt",
    "StreamedValue",
]


@dataclass(slots=True)  # not frozen: it is made for each result, and that would double its cost
class Item:
    """One result of the operation: an `Instance`, a `Class` …, or None where MI allows it."""

    value: Any


@dataclass(frozen=True, slots=True)
class Message:
    """A text for `write_message` (MI_OperationCallback_WriteMessage).

    Attributes:
        channel: a number of `MessageChannel`, or another.
        text: what the provider writes.
    """

    channel: int
    text: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the operation is, for `write_progress` (MI_OperationCallback_WriteProgress).

    Attributes:
        activity: what is being done.
        current_operation: what of that just now; it may be empty.
        status: how it stands; it may be empty.
        percent_complete: 0 to 100, or None where the provider does not know.
        seconds_remaining: or None where the provider does not know.
    """

    activity: str
    current_operation: str = ""
    status: str = ""
    percent_complete: int | None = None
    seconds_remaining: int | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question, for `prompt_user` (MI_OperationCallback_PromptUser); the server waits.

    Attributes:
        message: what is asked.
        type: CRITICAL questions are asked whatever the mode.
        token: the handler's own, by which it knows what is answered.
    """

    message: str
    type: PromptType = PromptType.NORMAL
    token: Any = None


@dataclass(frozen=True, slots=True)
class NonTerminatingError:
    """An error that does not end the operation (MI_OperationCallback_WriteError).

    Attributes:
        instance: a CIM_Error.
        prompt: what to answer, where the server waits to be told whether to go on; else None.
    """

    instance: Instance
    prompt: Prompt | None = None


@dataclass(frozen=True, slots=True)
class StreamedValue:
    """A part of an out parameter (MI_OperationCallback_StreamedParameter).

    Attributes:
        name: of the parameter.
        type: of the value; of one element, where the parameter is an array.
        value: as instances hold it.
    """

    name: str
    type: CimType
    value: Any


Notice: TypeAlias = Message | Progress | NonTerminatingError | Prompt | StreamedValue
"""What a run may deliver besides results."""

Event: TypeAlias = Item | Notice
"""Whatever a run may deliver."""
