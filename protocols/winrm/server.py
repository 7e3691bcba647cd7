"""The server as far as a session knows it: what kind it is, said beforehand or learned.

Nothing is asked to find out. The first requests are in the form of today's Windows; what the
answers tell is kept for the operations that follow.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from enum import Enum, auto
from typing import Any, Final

from mi.callbacks import SessionCallbacks
from mi.instance import Instance
from mi.options import DestinationOptions, ServerKind
from mi.results import MessageChannel, OperationFlags
from protocols.meanings.circumstances import Reach
from protocols.wsman.dialects import DIALECTS, Dialect
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.fault import Fault
from protocols.wsman.recognition import (
    declares_nothing,
    kind_of_fault,
    kind_of_identity,
    refuses_form,
)

__all__ = ["Lesson", "Server"]

_logger = logging.getLogger("mi.winrm")
_schema_logger = logging.getLogger("mi.schema")
_TEXT_WAS_ASKED_FOR: Final = OperationFlags.NO_RTTI | OperationFlags.BASIC_RTTI


class Lesson(Enum):
    """What an operation makes of a fault that tells of the server rather than of the request."""

    AGAIN = auto()
    """Begin anew, in the form that the server turns out to know."""
    NO_CLASSES = auto()
    """Go on without class declarations."""


class Server:
    """What one session knows of its server; from any thread."""

    def __init__(
        self, authority: str, options: DestinationOptions, callbacks: SessionCallbacks
    ) -> None:
        """Know what the caller says.

        Args:
            authority: host and port, for messages.
            options: of the session.
            callbacks: told what there is to know of it.
        """
        self._authority = authority
        self._callbacks = callbacks
        self._is_given = options.server_kind is not None
        self._has_classes = False
        self._has_warned = False
        self._answered: set[str | None] = set()
        self.dialect = DIALECTS[options.server_kind or ServerKind.WINRM3]

    def learn(self, reply: Reply | Fault, request: Request, dialect: Dialect) -> Lesson | None:
        """Learn from the answer to a request; return what the operation should make of it.

        Args:
            reply: the answer.
            request: what it answers.
            dialect: that in which the request was made; another operation may have learned since.
        """
        if not isinstance(reply, Fault):
            self._has_classes = self._has_classes or request.schema is not None
            return None
        if request.schema is not None:
            return self._learn_of_classes(reply)
        self._become(kind_of_fault(reply, request))
        is_other = self.dialect.family is not dialect.family
        return Lesson.AGAIN if is_other and refuses_form(reply, request) else None

    def _learn_of_classes(self, fault: Fault) -> Lesson | None:
        if self._is_given or self._has_classes or not declares_nothing(fault):
            return None
        if self.dialect.has_schema:
            _logger.info("%s declares no classes", self._authority)
            self.dialect = replace(self.dialect, has_schema=False)
        return Lesson.NO_CLASSES

    def answered(self, namespace: str | None) -> None:
        """Know that it has let the user in, and into this namespace if it is one."""
        self._answered.add(None if namespace is None else namespace.lower())

    def reach(self, namespace: str | None) -> Reach:
        """Return how far it has let the user in before, on the way to a namespace."""
        if namespace is not None and namespace.lower() in self._answered:
            return Reach.NAMESPACE
        return Reach.SERVER if self._answered else Reach.NOTHING

    def introduce(self, identity: Instance) -> None:
        """Learn what the server said of itself."""
        self._become(kind_of_identity(identity))

    def _become(self, kind: ServerKind | None) -> None:
        if kind is None or self._is_given or self.dialect == DIALECTS[kind]:
            return
        _logger.info("%s turns out to be %s", self._authority, kind)
        self.dialect = DIALECTS[kind]

    def warn_of_text(self, results: list[Any], flags: OperationFlags) -> None:
        """Tell the caller, once, that values are text since the server declares no classes."""
        if self._has_warned or self.dialect.has_schema or flags & _TEXT_WAS_ASKED_FOR:
            return
        if any(isinstance(result, Instance) and not result.is_typed for result in results):
            self._has_warned = True
            text = (
                "this kind of server declares no classes, so values are text and a list of one is"
                " like a single value; give a SchemaStore as options.schema for their types, or ask"
                " for text with flags=OperationFlags.NO_RTTI"
            )
            _schema_logger.warning("%s: %s", self._authority, text)
            self._callbacks.message(MessageChannel.WARNING, text)
