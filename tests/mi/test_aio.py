"""The calls with one result as coroutines: the same calls, arguments, results and errors."""

import asyncio
import inspect
from typing import Any

import pytest

from mi import calls
from mi.aio import AsyncCalls
from mi.errors import AccessDenied, InvalidParameter, NotFound, TypeMismatch
from mi.instance import Instance
from mi.session import Session
from tests.mi.conftest import Fake, cancelled_in, run_coroutine
from tests.mi.fake_handler import FakeRun, Stall

_KEY = Instance("Win32_Service", {"Name": "Spooler"})


def _unary() -> list[str]:
    return [
        name
        for name, method in inspect.getmembers(Session, inspect.isfunction)
        if not name.startswith("_")
        and "keywords" in inspect.signature(method).parameters
        and not _is_read_later(str(inspect.signature(method).return_annotation))
    ]


def _is_read_later(returned: str) -> bool:
    return "Operation" in returned or "RunningScript" in returned


@pytest.mark.parametrize("name", _unary())
def test_every_call_with_one_result_is_there_with_the_same_arguments(name: str) -> None:
    coroutine = getattr(AsyncCalls, name)
    assert inspect.iscoroutinefunction(coroutine)
    ours, theirs = inspect.signature(coroutine), inspect.signature(getattr(Session, name))
    assert ours.parameters == theirs.parameters
    assert ours.return_annotation == theirs.return_annotation


@pytest.mark.parametrize(
    ("ask", "call"),
    [
        (lambda aio: aio.test_connection(), calls.TestConnection()),
        (lambda aio: aio.get_instance(_KEY), calls.GetInstance(_KEY)),
        (
            lambda aio: aio.get_instance('Win32_Service.Name="Spooler"'),
            calls.GetInstance(_KEY),
        ),
        (lambda aio: aio.create_instance(_KEY), calls.CreateInstance(_KEY)),
        (lambda aio: aio.modify_instance(_KEY), calls.ModifyInstance(_KEY)),
        (lambda aio: aio.get_class("Win32_Service"), calls.GetClass("Win32_Service")),
        (
            lambda aio: aio.invoke("Win32_Process", "Create", {"CommandLine": "cmd"}),
            calls.Invoke("Win32_Process", "Create", {"CommandLine": "cmd"}),
        ),
    ],
)
def test_each_makes_the_call_of_its_name_and_returns_its_result(
    fake: Fake, ask: Any, call: calls.Call[Any]
) -> None:
    session, channel = fake(["a"])

    async def main() -> None:
        assert await ask(session.aio) == "a"

    run_coroutine(main())
    made = channel.runs[0].call
    assert (type(made), made.namespace) == (type(call), "root/cimv2")
    assert str(made.about) == str(call.about)


def test_deleting_gives_nothing(fake: Fake) -> None:
    session, channel = fake()

    async def main() -> None:
        await session.aio.delete_instance(_KEY)

    run_coroutine(main())
    assert isinstance(channel.runs[0].call, calls.DeleteInstance)


def test_the_keywords_of_every_call_are_taken(fake: Fake) -> None:
    session, channel = fake(["a"])

    async def main() -> None:
        await session.aio.get_instance(_KEY, namespace="root/default", timeout=7, deadline=3)

    run_coroutine(main())
    used = channel.runs[0]
    assert used.call.namespace == "root/default"
    assert (used.control.timeout, used.control.deadline.seconds) == (7, 3)


@pytest.mark.parametrize(
    ("ask", "kind", "operation"),
    [
        (lambda aio: aio.get_instance(5), TypeMismatch, "GetInstance"),
        (lambda aio: aio.get_class("no class"), InvalidParameter, "GetClass"),
        (lambda aio: aio.test_connection(timeout=0), InvalidParameter, "TestConnection"),
        (lambda aio: aio.get_instance(_KEY), NotFound, "GetInstance"),
    ],
)
def test_errors_say_where_and_of_which_operation(
    fake: Fake, ask: Any, kind: Any, operation: str
) -> None:
    session, _ = fake()

    async def main() -> None:
        await ask(session.aio)

    with pytest.raises(kind) as caught:
        run_coroutine(main())
    assert (caught.value.host, caught.value.operation) == ("server01", operation)


def test_namespaces_are_walked_past_those_that_cannot_be_read(fake: Fake) -> None:
    inner = {"root": ["cimv2", "closed"], "root/cimv2": [], "root/closed": AccessDenied("no")}

    def answer(run: FakeRun) -> Any:
        found = inner[run.call.namespace]
        if isinstance(found, AccessDenied):
            return found
        return [Instance("__NAMESPACE", {"Name": name}) for name in found]

    session, channel = fake(answer)

    async def main() -> None:
        found = await session.aio.namespaces(timeout=7)
        assert list(found) == ["root", "root/cimv2", "root/closed"]
        assert list(found.unreadable) == ["root/closed"]

    run_coroutine(main())
    assert {run.control.timeout for run in channel.runs} == {7}
    assert channel.open_contexts == set()


def test_cancelling_the_task_releases(fake: Fake) -> None:
    stall = Stall()
    session, channel = fake(stall)

    async def main() -> None:
        await cancelled_in(stall, session.aio.test_connection(timeout=None))
        assert channel.runs[0].ends == ["close"]

    run_coroutine(main())


def test_many_tasks_use_one_session_at_once(fake: Fake) -> None:
    session, _ = fake(lambda run: [run.call.key["Name"]])

    async def main() -> None:
        keys = [Instance("Win32_Service", {"Name": str(number)}) for number in range(200)]
        names = await asyncio.gather(*map(session.aio.get_instance, keys))
        assert names == [str(number) for number in range(200)]  # type: ignore[comparison-overlap]

    run_coroutine(main())


def test_it_says_whose_calls_they_are(fake: Fake) -> None:
    session, _ = fake()
    assert repr(session.aio) == "<AsyncCalls of <Session FAKE server01>>"
    assert session.aio.session is session


def test_a_script_is_run_and_its_error_says_where(fake: Fake) -> None:
    session, _ = fake(refusal=NotFound("no shell"))

    async def main() -> None:
        with pytest.raises(NotFound, match=r"server01: .*no shell"):
            await session.aio.powershell("x", engine="process")

    run_coroutine(main())
