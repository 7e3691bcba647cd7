"""The application: the root of the API (MI_Application), and the short way past it, `connect`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, Unpack

from mi.callbacks import SessionCallbacks
from mi.closing import AsyncClosing
from mi.control import Expiry
from mi.diagnosis import Diagnosis
from mi.errors import InvalidParameter, MIError, NotSupported, TypeMismatch
from mi.instance import Instance
from mi.open_operations import OpenOperations
from mi.option_checks import seconds
from mi.options import DestinationKeywords, DestinationOptions
from mi.registry import Registry
from mi.resolver import resolve
from mi.schema import Class
from mi.session import Session
from mi.workers import Executor, Workers, send

__all__ = ["Application", "connect"]

GivenT = TypeVar("GivenT")


class Application(AsyncClosing):
    """The root of the API; it knows the protocol handlers and the sessions that it made.

    Applications do not touch one another. Leaving its `with` or `async with` block closes it.

    Attributes:
        handlers: the protocol handlers that this application can use; more can be registered.
    """

    def __init__(
        self, *, executor: Executor | None = None, ends_with_session: bool = False
    ) -> None:
        """Make an application.

        Args:
            executor: does what is asynchronous, so it bounds the threads of that: any of
                `concurrent.futures`, with threads, which must outlive the application. An operation
                with a result callback, and a coroutine that waits, keeps one of its threads busy
                meanwhile. Else at most 32 daemon threads, made when they are needed.
            ends_with_session: its session closes it, as the one of `connect` does.

        Raises:
            TypeMismatch: the executor has no `submit`.
        """
        if executor is not None and not callable(getattr(executor, "submit", None)):
            raise TypeMismatch(f"an executor has a submit(), and {executor!r} has none")
        self.handlers = Registry()
        self._executor = Workers() if executor is None else executor
        self._ends_with_session = ends_with_session
        self._is_closed = False
        self._sessions: dict[OpenOperations, Session] = {}

    def new_session(
        self,
        protocol: str | None = None,
        destination: str | None = None,
        options: DestinationOptions | None = None,
        callbacks: SessionCallbacks | None = None,
    ) -> Session:
        """Return a session with a destination (MI_Application_NewSession); nothing is sent.

        Whether the destination can be reached shows with the first operation.

        Args:
            protocol: `WINRM`, `WMIDCOM` or the name of another handler, in any case. Else WMIDCOM
                for this machine and WINRM for any other.
            destination: a host name or an address; None is this machine.
            options: how to reach it; they are copied.
            callbacks: told what happens outside any operation.

        Raises:
            InvalidParameter: protocol or destination is empty, an option cannot be used, or the
                application is closed.
            NotFound: there is no handler of that name.
            NotSupported: something that the handler needs is not installed.
            TypeMismatch: an argument has the wrong type.
        """
        try:
            self._refuse_if_closed()
            target = resolve(protocol, destination)
            chosen = _given(options, DestinationOptions, "options").for_session()
            told = _given(callbacks, SessionCallbacks, "callbacks")
            channel = self.handlers.load(target.protocol).open(target.destination, chosen, told)
        except MIError as error:
            error.located(destination, "NewSession")
            raise
        operations = OpenOperations(channel, target.destination, self._executor, self._forget)
        session = self._sessions[operations] = Session(self, target, chosen, operations, told)
        return session

    def diagnose(
        self,
        destination: str | None = None,
        options: DestinationOptions | None = None,
        *,
        protocol: str | None = None,
        deadline: float | timedelta = 60,
    ) -> Diagnosis:
        """Find out what is right and what is wrong on the way to a destination.

        What fails is a finding, with the line that mends it, not an error. At most one logon is
        attempted, with the first of the credentials, and no password is sent over a connection that
        somebody else could read.

        Args:
            destination: a host name or an address; None is this machine.
            options: how to reach it, as for `new_session`.
            protocol: as for `new_session`.
            deadline: seconds or timedelta that all of it may take.

        Raises:
            InvalidParameter: protocol or destination is empty, an option cannot be used, or the
                application is closed.
            NotFound: there is no handler of that name.
            NotSupported: the handler cannot diagnose, or something that it needs is not installed.
            TypeMismatch: an argument has the wrong type.
        """
        try:
            self._refuse_if_closed()
            target = resolve(protocol, destination)
            chosen = _given(options, DestinationOptions, "options").for_session()
            end = Expiry.after(seconds(deadline, "deadline"), "deadline")
            diagnose = getattr(self.handlers.load(target.protocol), "diagnose", None)
            if diagnose is None:
                raise NotSupported(f"the protocol handler {target.protocol} cannot diagnose")
            findings = tuple(diagnose(target.destination, chosen, end))
        except MIError as error:
            error.located(destination, "Diagnose")
            raise
        return Diagnosis(target.destination, target.protocol, findings)

    def new_instance(
        self, class_name: str, properties: Mapping[str, Any] | None = None
    ) -> Instance:
        """Return an instance that has these properties (MI_Application_NewInstance).

        Raises:
            InvalidParameter: a name is not legal, or the application is closed.
            TypeMismatch: a value is not one that CIM knows.
        """
        self._refuse_if_closed()
        return Instance(class_name, properties)

    def new_instance_from_class(
        self, class_: Class, properties: Mapping[str, Any] | None = None
    ) -> Instance:
        """Return an instance of a class, with its defaults (MI_Application_NewInstanceFromClass).

        Raises:
            InvalidParameter: the application is closed.
            NoSuchProperty: the class has no such property.
            TypeMismatch: a value does not fit its property.
        """
        self._refuse_if_closed()
        return Instance(class_, properties)

    def close(self) -> None:
        """Close the application, and sessions that were left open (MI_Application_Close).

        That takes at most 5 s. Closing again does nothing.

        Warns:
            ResourceWarning: there were such sessions; it names each.
        """
        self._close(self._cancel())

    def _cancel(self) -> dict[OpenOperations, str]:
        """Let nothing start any more; return what is left open, with its name, and do not wait."""
        self._is_closed = True
        left_open = {operations: repr(one) for operations, one in self._sessions.copy().items()}
        for operations in left_open:
            operations.cancel()
        return left_open

    def _close(self, left_open: dict[OpenOperations, str], expiry: Expiry | None = None) -> None:
        end = Expiry.of_grace() if expiry is None else expiry
        for operations in left_open:
            operations.close(end)
        if left_open:
            names = ", ".join(left_open.values())
            warnings.warn(
                f"closed with the application, left open: {names}", ResourceWarning, stacklevel=3
            )

    async def _aclose(self) -> None:
        from mi.coroutines import ended  # noqa: PLC0415 - it loads asyncio

        left_open = self._cancel()
        close = partial(self._close, left_open)
        abandon = partial(self._close, left_open, Expiry.at_once())
        await ended(partial(send, self._executor), close, abandon)

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else f"{len(self._sessions)} sessions"
        return f"<{type(self).__name__} {state}>"

    def _refuse_if_closed(self) -> None:
        if self._is_closed:
            raise InvalidParameter("the application is closed")

    def _forget(self, operations: OpenOperations) -> None:
        self._sessions.pop(operations, None)
        if self._ends_with_session:
            self.close()


def _given(value: GivenT | None, kind: type[GivenT], what: str) -> GivenT:
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise TypeMismatch(f"{what} is {kind.__name__}, not {type(value).__name__}")
    return value


def connect(
    destination: str | None = None,
    *,
    protocol: str | None = None,
    options: DestinationOptions | None = None,
    callbacks: SessionCallbacks | None = None,
    **keywords: Unpack[DestinationKeywords],
) -> Session:
    """Return a session that owns its application: `Application().new_session(…)` in short.

    Args:
        destination: a host name or an address; None is this machine.
        protocol: `WINRM`, `WMIDCOM` or the name of an installed handler, in any case.
        options: how to reach it; they are copied.
        callbacks: told what happens outside any operation.
        keywords: options one by one, `credentials=`, `transport=` …, over those in `options`.

    Raises:
        MIError: as for `Application.new_session`, and `InvalidParameter` and `TypeMismatch` for
            the keywords.
    """
    try:
        chosen = _given(options, DestinationOptions, "options").copy()
        chosen.update(**keywords)
    except MIError as error:
        error.located(destination, "NewSession")
        raise
    application = Application(ends_with_session=True)
    return application.new_session(protocol, destination, chosen, callbacks)
