"""Sessions: how what is asked of one destination is run (MI_Session)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from mi.callbacks import OperationCallbacks, OperationResult, SessionCallbacks, call_back
from mi.calls import Call
from mi.closing import AsyncClosing
from mi.control import Control, Expiry
from mi.delivery import Delivery
from mi.errors import InvalidParameter, MIError, TypeMismatch
from mi.execution import Execution
from mi.names import normalize_namespace
from mi.namespace_tree import Namespaces
from mi.open_operations import OpenOperations
from mi.operation import Operation
from mi.option_checks import seconds
from mi.options import DestinationOptions, OperationOptions
from mi.resolver import Target
from mi.results import MessageChannel, OperationFlags
from mi.session_calls import SessionCalls
from mi.session_files import SessionFiles
from mi.session_namespaces import SessionNamespaces
from mi.session_scripts import SessionScripts
from mi.values import shown
from mi.workers import Work

if TYPE_CHECKING:
    from mi.aio import AsyncCalls
    from mi.application import Application

__all__ = ["DEFAULT_NAMESPACE", "DEFAULT_TIMEOUT", "Session"]

DEFAULT_NAMESPACE = "root/cimv2"
"""Where operations go where neither call, instance nor options name a namespace."""

DEFAULT_TIMEOUT = 60.0
"""Seconds that an operation may take where neither call nor options say so."""

_ENVELOPE_SIZE: Final = 500  # KB, where the options say nothing
_KILOBYTE: Final = 1024

ResultT = TypeVar("ResultT")


class _Unset(Enum):
    """Tells a time limit that was not given from None, which is for ever."""

    UNSET = "unset"

    def __repr__(self) -> str:
        return self.value


_UNSET: Final = _Unset.UNSET


class Session(SessionCalls, SessionNamespaces, SessionScripts, SessionFiles, AsyncClosing):
    """A session with one destination; its operations share its connections, from any thread.

    Calls with one result run at once and return it; those with many return an `Operation`, which
    starts when its first result is asked for. Leaving its `with` or `async with` block closes the
    session.

    Every call raises `MIError`: what the server, the connection or the time limits made of it,
    `InvalidParameter` and `TypeMismatch` for arguments, before anything is sent, and
    `InvalidParameter` once the session is closed.

    Attributes:
        protocol: the name of the protocol, in capitals.
        destination: the host, or None for this machine.
    """

    def __init__(
        self,
        application: Application,
        target: Target,
        options: DestinationOptions,
        operations: OpenOperations,
        callbacks: SessionCallbacks,
    ) -> None:
        """Make the session of an open channel, as `Application.new_session` and `connect` do."""
        self.protocol, self.destination = target
        self._callbacks = callbacks
        self._application = application
        self._options = options
        self._operations = operations

    @property
    def application(self) -> Application:
        """The application that made it (MI_Session_GetApplication).

        Raises:
            InvalidParameter: the session is closed.
        """
        self._refuse_if_closed()
        return self._application

    @property
    def aio(self) -> AsyncCalls:
        """The calls with one result as coroutines: `await session.aio.get_instance(key)`."""
        from mi.aio import AsyncCalls  # noqa: PLC0415 - only who has an event loop needs it

        return AsyncCalls(self)

    # Calls

    def run(  # noqa: PLR0913 - the keywords that every call takes
        self,
        call: Call[ResultT],
        *,
        namespace: str | None = None,
        options: OperationOptions | None = None,
        flags: OperationFlags = OperationFlags.DEFAULT,
        timeout: float | timedelta | _Unset | None = _UNSET,
        deadline: float | timedelta | Expiry | None = None,
        callbacks: OperationCallbacks | None = None,
    ) -> Operation[ResultT]:
        """Return the operation of any call; this is the general form of the other methods.

        Args:
            call: one of the values of `mi.calls`.
            namespace: where to do it; else the call's namespace, that of the instance it names,
                `options.default_namespace` of the destination, or `root/cimv2`.
            options: further options; they are copied.
            flags: MI's operation flags; unknown bits are ignored.
            timeout: seconds or a timedelta: the whole of a call with one result; of one with
                many, the longest wait for the next, counted only while the library waits. None is
                for ever. Else the operation's options, the destination's, or 60 s; a subscription
                waits for ever unless the first two say otherwise.
            deadline: seconds or a timedelta for the whole operation, from its start; or the end
                that it has in common with others.
            callbacks: what to tell while it runs. A result callback of the call's kind makes it
                asynchronous: it starts at once, in a thread of the application's executor, and
                every error is delivered to that callback, those that keep it from starting in this
                thread, before this returns.
        """
        if not isinstance(call, Call):
            problem = f"a call is one of mi.calls, not {shown(call)}"
            raise TypeMismatch(problem, host=self.destination)
        told = self._result_callback(call, callbacks)
        begin: Callable[..., Control] = Control.begin
        refusal = None
        try:
            self._refuse_if_closed()
            call = self._complete(call, namespace)
            chosen = _copied(options)
            begin = partial(
                Control.begin,
                chosen,
                _flags(flags),
                unary=call.unary,
                timeout=self._timeout(timeout, chosen, is_endless=call.endless),
                deadline=_deadline(deadline),
                callbacks=callbacks,
            )
        except MIError as error:
            refusal = error.located(self.destination, call.operation)
            if told is None:
                raise
        execution = Execution(self._operations, call, begin)
        if told is None:
            return Operation(execution, self)
        operation = Operation(execution, self, is_read=False)
        is_manual = refusal is None and _is_manual(flags)
        Delivery(operation, execution, told, is_manual=is_manual).begin(refusal)
        return operation

    def submit(self, work: Work) -> None:
        """Let a thread of the application's executor call `work`.

        Raises:
            InvalidParameter: the executor takes none any more.
        """
        self._operations.submit(work)

    def _result_callback(
        self, call: Call[ResultT], callbacks: OperationCallbacks | None
    ) -> Callable[[OperationResult[ResultT]], None] | None:
        if callbacks is None:
            return None
        if not isinstance(callbacks, OperationCallbacks):
            raise TypeMismatch(
                f"callbacks is OperationCallbacks, not {type(callbacks).__name__}"
            ).located(self.destination, call.operation)
        chosen: Callable[[OperationResult[ResultT]], None] | None
        chosen = getattr(callbacks, call.result_callback)
        return chosen

    def noted(self, found: Namespaces) -> Namespaces:
        """Tell the session's callbacks of the namespaces that cannot be read; return all."""
        for namespace, error in found.unreadable.items():
            text = f"the namespaces in {namespace} are not known: {error}"
            self._callbacks.message(MessageChannel.WARNING, text)
            self._callbacks.error(error.extended_error)
        return found

    # What a call leaves open

    @property
    def envelope_size(self) -> int:
        """The bytes that a message may have, by the destination's options."""
        size: int = self._options.values.get("max_envelope_size", _ENVELOPE_SIZE)
        return size * _KILOBYTE

    @property
    def max_connections(self) -> int | None:
        """The connections that it may have at once, by the destination's options."""
        most: int | None = self._options.values.get("max_connections")
        return most

    def _complete(self, call: Call[ResultT], namespace: str | None) -> Call[ResultT]:
        """Return `call` with its namespace; whoever names an object must name all of its keys."""
        about = call.about
        if about is not None and call.needs_key:
            about.key  # noqa: B018 - it raises where the instance names no object, or another
        usual = self._options.default_namespace or DEFAULT_NAMESPACE  # in its normal form
        found = namespace, call.namespace, None if about is None else about.namespace
        given = next((one for one in found if one is not None), None)
        return replace(call, namespace=usual if given is None else normalize_namespace(given))

    def _timeout(
        self,
        given: float | timedelta | _Unset | None,
        options: OperationOptions,
        *,
        is_endless: bool,
    ) -> float | None:
        if given is not _UNSET:
            return None if given is None else seconds(given, "timeout")
        usual = self._options.values.get("timeout", DEFAULT_TIMEOUT)
        fallback = None if is_endless else usual
        chosen: float | None = options.values.get("timeout", fallback)
        return chosen

    # Its end

    def close(self, completed: Callable[[], None] | None = None) -> None:
        """Cancel what is open, release it on the server, and close (MI_Session_Close).

        That takes at most 5 s, in which final results are delivered. Closing again does nothing.
        In a callback, those that run are not waited for.

        Args:
            completed: called once all that is done, in another thread; this returns at once then.
        """
        if completed is None:
            self._operations.close(Expiry.of_grace())
            return
        self._operations.cancel()
        close = partial(self._close_and_tell, completed)
        try:
            self._operations.submit(close)
        except InvalidParameter:
            close()

    def _close_and_tell(self, completed: Callable[[], None]) -> None:
        try:
            self._operations.close(Expiry.of_grace())
        finally:
            call_back(completed)

    async def _aclose(self) -> None:
        from mi.coroutines import ended  # noqa: PLC0415 - it loads asyncio

        operations = self._operations
        operations.cancel()
        abandon = partial(operations.close, Expiry.at_once())
        await ended(operations.submit, self.close, abandon)

    def _refuse_if_closed(self) -> None:
        if self._operations.is_closed:
            raise InvalidParameter("the session is closed").located(self.destination, None)

    def __repr__(self) -> str:
        where = self.destination or "on this machine"
        state = ", closed" if self._operations.is_closed else ""
        return f"<{type(self).__name__} {self.protocol} {where}{state}>"


def _deadline(given: float | timedelta | Expiry | None) -> float | Expiry | None:
    return given if given is None or isinstance(given, Expiry) else seconds(given, "deadline")


def _copied(options: OperationOptions | None) -> OperationOptions:
    if options is None:
        return OperationOptions()
    if not isinstance(options, OperationOptions):
        raise TypeMismatch(f"options is OperationOptions, not {type(options).__name__}")
    return options.copy()


def _flags(flags: int) -> OperationFlags:
    if isinstance(flags, OperationFlags):
        return flags
    if not isinstance(flags, int):
        raise TypeMismatch(f"flags is OperationFlags, not {flags!r}")
    return OperationFlags(flags)


def _is_manual(flags: int) -> bool:
    return int(flags) & OperationFlags.MANUAL_ACK_RESULTS.value != 0
