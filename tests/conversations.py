"""Conversations to be disturbed: what is said in each, and what may come of it.

Each is a session with one call, against an endpoint whose repository counts what is done to it. A
trial holds one of them through a proxy that does one thing wrong, and looks whether the client
kept its promises: it ends on time, with the right result or one `MIError`; it does nothing twice;
it leaves nothing open that it could have released; and the session can be used afterwards. A
subscription gives every event once and in order, or an error, and never a gap; a command is run
once, reads its input once, and its shell is deleted.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice, product
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

import mi
from mi import control
from protocols.loopback import Endpoint, Repository
from protocols.loopback.declarations import declared_classes
from protocols.loopback.repository import Invoked
from protocols.loopback.shells.invocation import Invocation
from tests.proxy import Direction, Fault, Kind, Proxy
from tests.sessions import session_with, settles

__all__ = ["CONVERSATIONS", "SCHEMES", "Bench", "Stage", "Talk", "disturbed"]

_NAMESPACE: Final = "root/cimv2"
_MOF: Final = """
[SupportsCreate, SupportsUpdate, SupportsDelete, Dynamic]
class X_Account {
    [Key, Read] string Name;
    [Read, Write] uint32 Balance;
    [Read, Write] string Note;
    [Implemented] uint32 Deposit([In] uint32 Amount, [Out] uint32 Balance);
};
"""
_ALL: Final = "SELECT * FROM X_Account"
_CHANGES: Final = (
    "SELECT * FROM __InstanceModificationEvent WITHIN 1 WHERE TargetInstance ISA 'X_Account'"
)
_EVENT_CLASSES: Final = (
    "__SystemClass",
    "__IndicationRelated",
    "__Event",
    "__InstanceOperationEvent",
    "__InstanceModificationEvent",
)
_CHANNEL: Final = "Accounts"
_PROGRAM: Final = "repeat"
_TYPED: Final = ("first é", "second é", "third é")
_EXIT_CODE: Final = 3
_EVENTS: Final = 5  # that are in the log, and as many changes are made while one subscribes
_TIMEOUT: Final = 1.0
_SHORT: Final = 0.4  # seconds for a call whose connection stalls, so that it waits for all of them
_LONG: Final = 8.0  # seconds for a call that a moment's delay may not disturb
_LOOK: Final = 0.01  # seconds between two looks at whether somebody has subscribed
_GENEROUS: Final = 4.0  # seconds that a call may take beyond its time-out and the grace
_GARBLING: Final = (Kind.CORRUPT, Kind.DUPLICATE, Kind.LOSE)


class _Way(NamedTuple):
    """How a session logs on, and what protects what is said then."""

    scheme: mi.Scheme
    is_clear: bool = False
    is_tls: bool = False


_WAYS: Final = {
    "NTLM, sealed": _Way(mi.Scheme.NTLM_DOMAIN),
    "NTLM, under TLS": _Way(mi.Scheme.NTLM_DOMAIN, is_tls=True),
    "Basic, in the clear": _Way(mi.Scheme.BASIC, is_clear=True),
}
SCHEMES: Final = tuple(_WAYS)


@dataclass
class _Accounts:
    """A repository of accounts, a program that repeats what it reads, and what was done to either.

    Attributes:
        repository: of the accounts.
        deposits: what was deposited.
        runs: what the program was given, each time that it ran.
    """

    repository: Repository = field(init=False)
    deposits: list[int] = field(default_factory=list)
    runs: list[tuple[str, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        store = mi.SchemaStore()
        store.load(_MOF, _NAMESPACE)
        (self.declaration,) = store
        known = [one for one in declared_classes() if one.namespace == _NAMESPACE]
        of_events = [one for one in known if one.name in _EVENT_CLASSES]
        classes = [*of_events, self.declaration]
        self.repository = Repository(classes, map(self.account, range(5)))
        self.repository.on("X_Account", "Deposit", self._deposit)

    def account(self, number: int) -> mi.Instance:
        values = {"Name": f"account {number}", "Balance": 100 * number, "Note": "é" * 20}
        made = mi.Instance(self.declaration, values)
        made.namespace = _NAMESPACE
        return made

    def _deposit(self, call: Invoked) -> Mapping[str, Any]:
        self.deposits.append(call.parameters["Amount"])
        return {"ReturnValue": 0, "Balance": 105}

    def repeat(self, call: Invocation) -> int:
        self.runs.append(call.arguments)
        for line in call.stdin.lines():
            call.stdout.write(line)
        return _EXIT_CODE


# What is said


@dataclass
class Talk:
    """A conversation under way.

    Attributes:
        session: who talks.
        timeout: seconds that a call may take.
        given: what has come of it so far.
    """

    session: mi.Session
    timeout: float
    given: list[Any] = field(default_factory=list)


def _key() -> mi.Instance:
    return mi.Instance.from_path('X_Account.Name="account 1"')


def _query(talk: Talk) -> None:
    talk.given.extend(dict(account) for account in talk.session.query_instances(_ALL))


def _abandoned(talk: Talk) -> None:
    with talk.session.enumerate_instances("X_Account") as accounts:
        talk.given.append(dict(next(accounts)))


def _get(talk: Talk) -> None:
    talk.given.append(dict(talk.session.get_instance(_key())))


def _deposit(talk: Talk) -> None:
    result = talk.session.invoke(_key(), "Deposit", {"Amount": 5})
    talk.given.append((result.return_value, result.out["Balance"]))


def _modify(talk: Talk) -> None:
    account = _key()
    account.add("Balance", 7, mi.CimType.UINT32)
    account["Balance"] = 7
    talk.session.modify_instance(account)
    talk.given.append("done")


def _events(talk: Talk) -> None:
    log = talk.session.subscribe_event_log(_CHANNEL, read_existing=True, timeout=talk.timeout)
    with log as events:
        for event in islice(events, _EVENTS):
            talk.given.append((event.instance["EventRecordID"], event.instance["EventID"]))


def _changes(talk: Talk) -> None:
    with talk.session.subscribe(_CHANGES, timeout=talk.timeout) as changes:
        for change in islice(changes, _EVENTS):
            talk.given.append(dict(change.instance["TargetInstance"]))


def _command(talk: Talk) -> None:
    with (
        talk.session.shell() as shell,
        shell.start(_PROGRAM, ["R&D"], deadline=talk.timeout) as command,
    ):
        talk.given.append("begun")
        for line in _TYPED:
            command.stdin.write(f"{line}\r\n", is_last=line == _TYPED[-1])
        talk.given.extend(command.stdout)
        talk.given.append(command.wait())


def _run(talk: Talk) -> None:
    with talk.session.shell() as shell:
        result = shell.run(_PROGRAM, ["R&D"], stdin="once\r\n", deadline=talk.timeout)
    talk.given.append((result.exit_code, result.stdout, result.stderr))


CONVERSATIONS: Final[dict[str, Callable[[Talk], None]]] = {
    "query": _query,
    "abandoned query": _abandoned,
    "get": _get,
    "deposit": _deposit,
    "modify": _modify,
    "events": _events,
    "changes": _changes,
    "command": _command,
    "run": _run,
}
_IN_SHELLS: Final = ("command", "run")
_WRITES: Final = {"deposit": "Deposit", "modify": "Put", "command": "Command", "run": "Command"}


@dataclass(frozen=True)
class Stage:
    """A conversation as it goes when nothing goes wrong.

    Attributes:
        results: what it gives.
        bytes: how many go each way.
    """

    results: list[Any]
    bytes: Mapping[Direction, int]

    def faults(self, every: int) -> Iterator[Fault]:
        """All that can go wrong at each byte, or at one of `every` so many."""
        for number, (kind, direction) in enumerate(product(Kind, Direction)):
            # Each begins elsewhere, so that a sample does not hit the same bytes again.
            for offset in range(number * 13 % every, self.bytes[direction], every):
                yield Fault(kind, direction, offset)


class Bench:
    """An endpoint and a proxy in front of it, for one trial after the other."""

    def __init__(self, endpoint: Endpoint, proxy: Proxy, accounts: _Accounts, scheme: str) -> None:
        self._endpoint = endpoint
        self._proxy = proxy
        self._accounts = accounts
        self._way = _WAYS[scheme]

    @classmethod
    @contextmanager
    def of(cls, scheme: str) -> Iterator[Bench]:
        """A bench whose sessions log on by `scheme`, one of `SCHEMES`."""
        accounts = _Accounts()
        way = _WAYS[scheme]
        with (
            Endpoint(
                accounts.repository, allow_unencrypted=way.is_clear, tls=way.is_tls
            ) as endpoint,
            Proxy(endpoint.port) as proxy,
        ):
            endpoint.commands[_PROGRAM] = accounts.repeat
            for number in range(_EVENTS):
                endpoint.event_log.write(_CHANNEL, 1000 + number, data=["é" * 20])
            yield cls(endpoint, proxy, accounts, scheme)

    def stage(self, name: str) -> Stage:
        """Hold a conversation undisturbed."""
        self._proxy.arm(None)
        with self._session(_LONG) as session:
            talk = Talk(session, _LONG)
            self._hold(name, talk)
        self._settle()
        return Stage(talk.given, dict(self._proxy.passed))

    def problems(self, name: str, stage: Stage, fault: Fault) -> list[str]:
        """Hold a conversation while `fault` happens; return which promises were broken."""
        endpoint = self._endpoint
        refused = endpoint.refused_logons
        endpoint._traffic.exchanges.clear()
        self._accounts.deposits.clear()
        self._accounts.runs.clear()
        self._proxy.arm(fault)
        timeout = {Kind.DELAY: _LONG, Kind.STALL: _SHORT}.get(fault.kind, _TIMEOUT)
        with self._session(timeout) as session:
            talk = Talk(session, timeout)
            started = time.monotonic()
            failure = _failure(lambda: self._hold(name, talk))
            found = [*self._late(time.monotonic() - started, timeout)]
            found += self._wrong(stage, fault, talk.given, failure)
            found += self._repeated(name, talk.given, failure)
            self._proxy.arm(None)
            again = self._again(session, fault)
            if endpoint.refused_logons == refused:
                found += self._unusable(name, fault, failure, again)
            started = time.monotonic()
        found += self._late(time.monotonic() - started, 0)
        # In the clear, a server may have been told nonsense, and have answered it rightly.
        if not self._is_nonsense(fault):
            found += self._left(talk.given, again)
        else:
            self._settle()
            self._forget()
        if endpoint.refused_logons - refused > 1:
            found.append(f"{endpoint.refused_logons - refused} logons were refused")
        return found

    def _hold(self, name: str, talk: Talk) -> None:
        """Hold a conversation, and let happen what it is told of."""
        is_over = threading.Event()
        changing = threading.Thread(target=self._change, args=(is_over,))
        changing.start()
        try:
            CONVERSATIONS[name](talk)
        finally:
            is_over.set()
            changing.join(60)

    def _change(self, is_over: threading.Event) -> None:
        """Change accounts once somebody has subscribed to that."""
        while not len(self._endpoint.subscriptions):
            if is_over.wait(_LOOK):
                return
        for number in range(_EVENTS):
            self._accounts.repository.add(self._accounts.account(number))

    def _session(self, timeout: float) -> Any:
        endpoint = self._endpoint
        return session_with(
            endpoint,
            transport="HTTPS" if self._way.is_tls else "HTTP",
            ca_file=endpoint.ca_file,
            destination_port=self._proxy.port,
            credentials=endpoint.credentials_for(self._way.scheme),
            packet_privacy=not self._way.is_clear,
            max_elements=2,
            timeout=timeout,
        )

    # The promises

    def _late(self, taken: float, timeout: float) -> Iterator[str]:
        if taken > timeout + control.GRACE + _GENEROUS:
            yield f"it took {taken:.1f} s"

    def _wrong(
        self, stage: Stage, fault: Fault, given: list[Any], failure: BaseException | None
    ) -> Iterator[str]:
        if failure is not None and not isinstance(failure, mi.MIError):
            yield f"somebody else's exception: {failure!r}"
        if fault.kind is Kind.DELAY and failure is not None:
            yield f"a moment's delay is no failure: {failure}"
        if self._is_nonsense(fault):
            return  # nothing tells a changed digit from the one that was sent
        if failure is None and given != stage.results:
            yield f"a wrong result: {given}"
        if given != stage.results[: len(given)]:
            yield f"wrong results before the error: {given}"

    def _repeated(
        self, name: str, given: list[Any], failure: BaseException | None
    ) -> Iterator[str]:
        write = _WRITES.get(name)
        if write is None:
            return
        # What is refused was not done: of a shell that is gone, say, so that another is opened.
        done = sum(one.name == write and one.status == 200 for one in self._endpoint.exchanges)
        if max(done, len(self._accounts.deposits), len(self._accounts.runs)) > 1:
            yield f"it was done {done} times"
        if failure is None and done != 1:
            yield f"it was said to be done, and was done {done} times"
        if isinstance(failure, mi.MIError) and not (failure.outcome_unknown or given):
            was_refused = any(
                one.name == write and one.status != 200 for one in self._endpoint.exchanges
            )
            if done and not was_refused:
                yield f"it was said not to be done, and was: {failure}"

    def _is_nonsense(self, fault: Fault) -> bool:
        """Whether either end may be told something else than what was said, and not notice."""
        return fault.kind in _GARBLING and self._way.is_clear

    def _again(self, session: mi.Session, fault: Fault) -> BaseException | None:
        """Use the session once more; return what that fails with, if it does."""
        again = _failure(lambda: session.test_connection(timeout=_LONG))
        if again is not None and self._is_nonsense(fault):
            # What was lost of one request may have been taken from the next.
            again = _failure(lambda: session.test_connection(timeout=_LONG))
        return again

    def _unusable(
        self,
        name: str,
        fault: Fault,
        failure: BaseException | None,
        again: BaseException | None,
    ) -> Iterator[str]:
        # To spare the account, a credential that was, or may have been, refused is not sent again.
        was_refused = isinstance(failure, mi.AuthenticationFailed)
        # Where a shell is released, nobody is told of it.
        may_be_refused = fault.kind in _GARBLING and name in _IN_SHELLS
        if again is not None and not (
            isinstance(again, mi.AuthenticationFailed) and (was_refused or may_be_refused)
        ):
            yield f"afterwards the session is of no use: {again!r} after {failure!r}"

    def _left(self, given: list[Any], again: BaseException | None) -> Iterator[str]:
        endpoint, proxy = self._endpoint, self._proxy
        if not self._settle():
            yield f"connections stay open: {endpoint.open_connections} and {proxy.connections}"
        log = endpoint.exchanges
        for context in list(endpoint.contexts._entries):
            told = context.encode()
            last = [one for one in log if one.name == "Enumerate"][-1:]
            is_known = any(told in one.request_bytes for one in log) or (
                bool(given) and any(told in one.reply_bytes for one in last)
            )
            is_page = any(told in one.reply_bytes and one.name == "Pull" for one in log)
            if is_known or is_page:
                yield "a context stays open that could have been released"
        if any(map(self._was_pulled, endpoint.subscriptions._by_context.values())):
            yield "a subscription stays open that could have been ended"
        # The client names shells itself, so it knows of each.
        if endpoint.open_shells and not isinstance(again, mi.AuthenticationFailed):
            yield "a shell stays open that could have been deleted"
        self._forget()

    def _was_pulled(self, subscription: Any) -> bool:
        """Whether a subscription stands and the client has known of it."""
        log = self._endpoint.exchanges
        name = subscription.identifier.encode()
        told = [one.reply_bytes for one in log if one.name == "Subscribe"]
        first = [re.findall(rb"EnumerationContext>([^<]+)", one) for one in told if name in one]
        known = {name, *chain.from_iterable(first)}
        return subscription.closed is None and any(
            one in asked.request_bytes for one in known for asked in log
        )

    def _forget(self) -> None:
        contexts = self._endpoint.contexts
        for context in list(contexts._entries):
            contexts.discard(context)
        self._endpoint.subscriptions.forget()
        self._endpoint.shells.vanish()

    def _settle(self) -> bool:
        return settles(
            lambda: self._endpoint.open_connections == 0 and self._proxy.connections == 0
        )


def _failure(act: Callable[[], object]) -> BaseException | None:
    try:
        act()
    except BaseException as error:  # noqa: BLE001 - to be looked at
        return error
    return None


def disturbed(name: str, scheme: str, *, every: int, workers: int = 6) -> tuple[int, list[str]]:
    """Hold a conversation once for each fault; return how often, and what went wrong.

    Args:
        name: one of `CONVERSATIONS`.
        scheme: one of `SCHEMES`.
        every: how many bytes are passed over from one fault to the next.
        workers: how many endpoints work at once, since most of it is waiting.
    """
    with Bench.of(scheme) as bench:
        stage = bench.stage(name)
    faults: SimpleQueue[Fault] = SimpleQueue()
    for fault in stage.faults(every):
        faults.put(fault)
    count, found = faults.qsize(), list[str]()

    def work(_: int) -> None:
        with Bench.of(scheme) as own:
            while True:
                try:
                    fault = faults.get_nowait()
                except Empty:
                    return
                found.extend(f"{fault}: {one}" for one in own.problems(name, stage, fault))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return count, found
