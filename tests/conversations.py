"""Conversations to be disturbed: what is said in each, and what may come of it.

Each is a session with one call, against an endpoint whose repository counts what is done to it. A
trial holds one of them through a proxy that does one thing wrong, and looks whether the client
kept its promises: it ends on time, with the right result or one `MIError`; it does nothing twice;
it leaves nothing open that it could have released; and the session can be used afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from queue import Empty, SimpleQueue
from typing import Any, Final

import mi
from mi import control
from protocols.loopback import Endpoint, Repository
from protocols.loopback.repository import Invoked
from tests.proxy import Direction, Fault, Kind, Proxy
from tests.sessions import session_with, settles

__all__ = ["CONVERSATIONS", "SCHEMES", "Bench", "Stage", "disturbed"]

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
_TIMEOUT: Final = 1.0
_SHORT: Final = 0.4  # seconds for a call whose connection stalls, so that it waits for all of them
_LONG: Final = 8.0  # seconds for a call that a moment's delay may not disturb
_GENEROUS: Final = 4.0  # seconds that a call may take beyond its time-out and the grace
_GARBLING: Final = (Kind.CORRUPT, Kind.DUPLICATE, Kind.LOSE)

SCHEMES: Final = ("NTLM, sealed", "Basic, in the clear")


@dataclass
class _Accounts:
    """A repository of accounts, and what was done to it."""

    repository: Repository = field(init=False)
    deposits: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        store = mi.SchemaStore()
        store.load(_MOF, _NAMESPACE)
        (self.declaration,) = store
        self.repository = Repository([self.declaration], map(self.account, range(5)))
        self.repository.on("X_Account", "Deposit", self._deposit)

    def account(self, number: int) -> mi.Instance:
        values = {"Name": f"account {number}", "Balance": 100 * number, "Note": "é" * 20}
        made = mi.Instance(self.declaration, values)
        made.namespace = _NAMESPACE
        return made

    def _deposit(self, call: Invoked) -> Mapping[str, Any]:
        self.deposits.append(call.parameters["Amount"])
        return {"ReturnValue": 0, "Balance": 105}


# What is said


def _key() -> mi.Instance:
    return mi.Instance.from_path('X_Account.Name="account 1"')


def _query(session: mi.Session, given: list[Any]) -> None:
    given.extend(dict(account) for account in session.query_instances(_ALL))


def _abandoned(session: mi.Session, given: list[Any]) -> None:
    with session.enumerate_instances("X_Account") as accounts:
        given.append(dict(next(accounts)))


def _get(session: mi.Session, given: list[Any]) -> None:
    given.append(dict(session.get_instance(_key())))


def _deposit(session: mi.Session, given: list[Any]) -> None:
    result = session.invoke(_key(), "Deposit", {"Amount": 5})
    given.append((result.return_value, result.out["Balance"]))


def _modify(session: mi.Session, given: list[Any]) -> None:
    account = _key()
    account.add("Balance", 7, mi.CimType.UINT32)
    account["Balance"] = 7
    session.modify_instance(account)
    given.append("done")


CONVERSATIONS: Final[dict[str, Callable[[mi.Session, list[Any]], None]]] = {
    "query": _query,
    "abandoned query": _abandoned,
    "get": _get,
    "deposit": _deposit,
    "modify": _modify,
}
_WRITES: Final = {"deposit": "Deposit", "modify": "Put"}


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
        self._is_sealed = scheme == SCHEMES[0]

    @classmethod
    @contextmanager
    def of(cls, scheme: str) -> Iterator[Bench]:
        """A bench whose sessions log on by `scheme`, one of `SCHEMES`."""
        accounts = _Accounts()
        is_open = scheme != SCHEMES[0]
        with (
            Endpoint(accounts.repository, allow_unencrypted=is_open) as endpoint,
            Proxy(endpoint.port) as proxy,
        ):
            yield cls(endpoint, proxy, accounts, scheme)

    def stage(self, name: str) -> Stage:
        """Hold a conversation undisturbed."""
        self._proxy.arm(None)
        given: list[Any] = []
        with self._session(_LONG) as session:
            CONVERSATIONS[name](session, given)
        self._settle()
        return Stage(given, dict(self._proxy.passed))

    def problems(self, name: str, stage: Stage, fault: Fault) -> list[str]:
        """Hold a conversation while `fault` happens; return which promises were broken."""
        endpoint = self._endpoint
        refused = endpoint.refused_logons
        endpoint._traffic.exchanges.clear()
        self._accounts.deposits.clear()
        self._proxy.arm(fault)
        timeout = {Kind.DELAY: _LONG, Kind.STALL: _SHORT}.get(fault.kind, _TIMEOUT)
        with self._session(timeout) as session:
            given: list[Any] = []
            started = time.monotonic()
            failure = _failure(lambda: CONVERSATIONS[name](session, given))
            found = [*self._late(time.monotonic() - started, timeout)]
            found += self._wrong(stage, fault, given, failure)
            found += self._repeated(name, failure)
            self._proxy.arm(None)
            found += self._unusable(session, failure)
            started = time.monotonic()
        found += self._late(time.monotonic() - started, 0)
        # In the clear, a server may have been told nonsense, and have answered it rightly.
        if self._is_sealed or fault.kind not in _GARBLING:
            found += self._left(given)
        else:
            self._settle()
            self._forget_contexts()
        if endpoint.refused_logons - refused > 1:
            found.append(f"{endpoint.refused_logons - refused} logons were refused")
        return found

    def _session(self, timeout: float) -> Any:
        endpoint = self._endpoint
        return session_with(
            endpoint,
            destination_port=self._proxy.port,
            credentials=endpoint.credentials if self._is_sealed else endpoint.basic_credentials,
            packet_privacy=None if self._is_sealed else False,
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
        if fault.kind in _GARBLING and not self._is_sealed:
            return  # nothing tells a changed digit from the one that was sent
        if failure is None and given != stage.results:
            yield f"a wrong result: {given}"
        if given != stage.results[: len(given)]:
            yield f"wrong results before the error: {given}"

    def _repeated(self, name: str, failure: BaseException | None) -> Iterator[str]:
        write = _WRITES.get(name)
        if write is None:
            return
        done = sum(one.name == write for one in self._endpoint.exchanges)
        if done > 1 or len(self._accounts.deposits) > 1:
            yield f"it was done {done} times"
        if failure is None and done != 1:
            yield f"it was said to be done, and was done {done} times"
        if isinstance(failure, mi.MIError) and not failure.outcome_unknown:
            was_refused = any(
                one.name == write and one.status != 200 for one in self._endpoint.exchanges
            )
            if done and not was_refused:
                yield f"it was said not to be done, and was: {failure}"

    def _unusable(self, session: mi.Session, failure: BaseException | None) -> Iterator[str]:
        again = _failure(lambda: session.test_connection(timeout=_LONG))
        # To spare the account, a credential that may have been refused is not sent again.
        if again is not None and not (
            isinstance(again, mi.AuthenticationFailed)
            and isinstance(failure, mi.AuthenticationFailed)
        ):
            yield f"afterwards the session is of no use: {again!r} after {failure!r}"

    def _left(self, given: list[Any]) -> Iterator[str]:
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
        self._forget_contexts()

    def _forget_contexts(self) -> None:
        contexts = self._endpoint.contexts
        for context in list(contexts._entries):
            contexts.discard(context)

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
