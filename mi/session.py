"""Sessions: what may be asked of one destination (MI_Session)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from enum import Enum
from functools import partial, wraps
from types import TracebackType
from typing import Concatenate, Final, ParamSpec, Self, TypedDict, TypeVar, Unpack

from mi.calls import (
    Call,
    EnumerateInstances,
    GetClass,
    GetInstance,
    QueryInstances,
    Subscribe,
    SubscribeEventLog,
    TestConnection,
)
from mi.control import Control, Expiry
from mi.errors import InvalidParameter, MIError, TypeMismatch
from mi.event_log import query_list
from mi.indication import Indication
from mi.instance import Instance
from mi.names import normalize_namespace
from mi.open_operations import OpenOperations
from mi.operation import Operation
from mi.options import (
    DestinationOptions,
    OperationOptions,
    SubscriptionDeliveryOptions,
    seconds,
)
from mi.resolver import Target
from mi.results import OperationFlags
from mi.schema import Class

__all__ = ["DEFAULT_NAMESPACE", "DEFAULT_TIMEOUT", "CallKeywords", "Session"]

DEFAULT_NAMESPACE = "root/cimv2"
"""Where operations go where neither call, instance nor options name a namespace."""

DEFAULT_TIMEOUT = 60.0
"""Seconds that an operation may take where neither call nor options say so."""

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


class _Unset(Enum):
    """Tells a time limit that was not given from None, which is for ever."""

    UNSET = "unset"


_UNSET: Final = _Unset.UNSET


class CallKeywords(TypedDict, total=False):
    """The keywords that every call takes; `Session.run` says what each means."""

    namespace: str | None
    options: OperationOptions | None
    flags: OperationFlags
    timeout: float | timedelta | None
    deadline: float | timedelta | None


def _locating(
    method: Callable[Concatenate[Session, P], ResultT],
) -> Callable[Concatenate[Session, P], ResultT]:
    """Let the errors of `method` say which destination and which of MI's operations it was."""
    operation = "".join(word.capitalize() for word in method.__name__.split("_"))

    @wraps(method)
    def located(session: Session, /, *arguments: P.args, **keywords: P.kwargs) -> ResultT:
        try:
            return method(session, *arguments, **keywords)
        except MIError as error:
            error.located(session.destination, operation)
            raise

    return located


class Session:
    """A session with one destination; its operations share its connections, from any thread.

    Calls with one result run at once and return it; those with many return an `Operation`, which
    starts when its first result is asked for. Leaving its `with` block closes the session.

    Every call raises `MIError`: what the server, the connection or the time limits made of it,
    `InvalidParameter` and `TypeMismatch` for arguments, before anything is sent, and
    `InvalidParameter` once the session is closed.

    Attributes:
        protocol: the name of the protocol, in capitals.
        destination: the host, or None for this machine.
    """

    def __init__(
        self, target: Target, options: DestinationOptions, operations: OpenOperations
    ) -> None:
        """Make the session of an open channel, as `Application.new_session` and `connect` do."""
        self.protocol, self.destination = target
        self._options = options
        self._operations = operations

    # Calls

    def run(  # noqa: PLR0913 - the keywords that every call takes
        self,
        call: Call[ResultT],
        *,
        namespace: str | None = None,
        options: OperationOptions | None = None,
        flags: OperationFlags = OperationFlags.DEFAULT,
        timeout: float | timedelta | _Unset | None = _UNSET,
        deadline: float | timedelta | None = None,
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
            deadline: seconds or a timedelta for the whole operation, from its start.
        """
        try:
            if self._operations.is_closed:
                raise InvalidParameter("the session is closed")
            complete = self._complete(call, namespace)
            chosen = _copied(options)
            begin = partial(
                Control.begin,
                chosen,
                _flags(flags),
                unary=call.unary,
                timeout=self._timeout(timeout, chosen, is_endless=call.endless),
                deadline=None if deadline is None else seconds(deadline, "deadline"),
            )
            return Operation(self._operations, complete, begin)
        except MIError as error:
            error.located(self.destination, call.operation)
            raise

    @_locating
    def test_connection(self, **keywords: Unpack[CallKeywords]) -> Instance | None:
        """Return what the server says of itself, once it answers (MI_Session_TestConnection)."""
        return self.run(TestConnection(), **keywords).result()

    @_locating
    def get_instance(self, key: Instance | str, **keywords: Unpack[CallKeywords]) -> Instance:
        """Return the instance that `key` names (MI_Session_GetInstance).

        Args:
            key: an instance with all keys of its class, or WMI's path of one.
            keywords: as for `run`.
        """
        return self.run(GetInstance(_instance(key)), **keywords).result()

    @_locating
    def enumerate_instances(
        self, class_name: str, keys_only: bool = False, **keywords: Unpack[CallKeywords]
    ) -> Operation[Instance]:
        """Return the instances of a class and its subclasses (MI_Session_EnumerateInstances).

        Args:
            class_name: the class; `flags` may leave its subclasses out.
            keys_only: whether the keys are enough.
            keywords: as for `run`.
        """
        return self.run(EnumerateInstances(class_name, keys_only), **keywords)

    @_locating
    def query_instances(
        self, query: str, dialect: str = "WQL", **keywords: Unpack[CallKeywords]
    ) -> Operation[Instance]:
        """Return the instances that a query selects (MI_Session_QueryInstances).

        Args:
            query: the text of the query; `mi.wql.query` puts values into one.
            dialect: the language of the query: WQL, CQL or one that the server knows.
            keywords: as for `run`.
        """
        return self.run(QueryInstances(query, dialect), **keywords)

    @_locating
    def get_class(self, class_name: str, **keywords: Unpack[CallKeywords]) -> Class:
        """Return the declaration of a class (MI_Session_GetClass)."""
        return self.run(GetClass(class_name), **keywords).result()

    @_locating
    def subscribe(
        self,
        query: str,
        dialect: str = "WQL",
        delivery: SubscriptionDeliveryOptions | None = None,
        **keywords: Unpack[CallKeywords],
    ) -> Operation[Indication]:
        """Return what happens on the host, as it happens (MI_Session_Subscribe).

        It waits for ever unless `timeout` is given here, and goes on until it is closed.

        Args:
            query: an event query, such as `SELECT * FROM __InstanceCreationEvent WITHIN 5 WHERE
                TargetInstance ISA 'Win32_Process'`.
            dialect: as for `query_instances`.
            delivery: how indications are delivered; it is copied.
            keywords: as for `run`.
        """
        return self.run(Subscribe(query, dialect, delivery), **keywords)

    @_locating
    def subscribe_event_log(  # noqa: PLR0913, PLR0917 - MI has them so
        self,
        channels_or_query_list: str | Iterable[str],
        bookmark: str | None = None,
        read_existing: bool = False,
        rendered_text: bool = False,
        ignore_channel_errors: bool = False,
        delivery: SubscriptionDeliveryOptions | None = None,
        *,
        follow: bool = True,
        **keywords: Unpack[CallKeywords],
    ) -> Operation[Indication]:
        """Return what is written to the Windows event log, as it is written.

        It waits for ever unless `timeout` is given here, and goes on until it is closed.

        Args:
            channels_or_query_list: a channel (`System`), several, or the XML of a query list.
            bookmark: an indication's, to go on behind it.
            read_existing: whether to begin with the oldest event where there is no bookmark.
            rendered_text: whether events come with their message, put together by the host.
            ignore_channel_errors: whether channels that cannot be read are passed over.
            delivery: how events are delivered; it is copied.
            follow: whether to wait for what is yet to be written; else it ends when nothing more
                is there.
            keywords: as for `run`; a namespace has no meaning here.
        """
        call = SubscribeEventLog(
            query_list(channels_or_query_list), bookmark, read_existing, rendered_text,
            ignore_channel_errors, delivery, follow,
        )  # fmt: skip
        return self.run(call, **keywords)

    # What a call leaves open

    def _complete(self, call: Call[ResultT], namespace: str | None) -> Call[ResultT]:
        """Return `call` with its namespace; whoever names an object must name all of its keys."""
        target = call.target
        if target is not None:
            target.key  # noqa: B018 - it raises where the instance names no object, or another
        found = (
            namespace,
            call.namespace,
            None if target is None else target.namespace,
            self._options.default_namespace,
        )
        chosen = next((one for one in found if one is not None), DEFAULT_NAMESPACE)
        return replace(call, namespace=normalize_namespace(chosen))

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

    def close(self) -> None:
        """Cancel what is open, release it on the server, and close (MI_Session_Close).

        That takes at most 5 s. Closing again does nothing.
        """
        self._operations.close(Expiry.of_grace())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        where = self.destination or "on this machine"
        state = ", closed" if self._operations.is_closed else ""
        return f"<{type(self).__name__} {self.protocol} {where}{state}>"


def _copied(options: OperationOptions | None) -> OperationOptions:
    if options is None:
        return OperationOptions()
    if not isinstance(options, OperationOptions):
        raise TypeMismatch(f"options is OperationOptions, not {type(options).__name__}")
    return options.copy()


def _flags(flags: int) -> OperationFlags:
    if not isinstance(flags, int):
        raise TypeMismatch(f"flags is OperationFlags, not {flags!r}")
    return OperationFlags(flags)


def _instance(key: Instance | str) -> Instance:
    return Instance.from_path(key) if isinstance(key, str) else key
