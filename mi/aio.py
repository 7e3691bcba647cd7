"""The calls of a session that have one result, as coroutines.

What has many results is iterated by `async for`, which needs nothing from here.
"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar, Unpack

from mi.caller import CallKeywords, operation_name, refuse_unknown_of
from mi.calls import (
    CreateInstance,
    DeleteInstance,
    GetClass,
    GetInstance,
    Invoke,
    ModifyInstance,
    TestConnection,
)
from mi.errors import MIError
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.namespace_tree import Namespaces, inner_namespaces
from mi.schema import Class
from mi.session_calls import instance_of, target_of
from mi.session_namespaces import namespace_walk

if TYPE_CHECKING:
    from mi.files.copy import Copy
    from mi.files.manner import CopyKeywords
    from mi.files.result import CopyResult
    from mi.powershell.engines import ScriptKeywords
    from mi.powershell.result import PowerShellResult
    from mi.session import Session

__all__ = ["AsyncCalls"]

P = ParamSpec("P")
ResultT = TypeVar("ResultT")


def _locating(
    method: Callable[Concatenate[AsyncCalls, P], Awaitable[ResultT]],
) -> Callable[Concatenate[AsyncCalls, P], Coroutine[Any, Any, ResultT]]:
    """Let the errors of `method` tell what those of the session's own method of that name do."""
    operation = operation_name(method.__name__)

    @wraps(method)
    async def located(calls: AsyncCalls, /, *arguments: P.args, **keywords: P.kwargs) -> ResultT:
        try:
            return await method(calls, *arguments, **keywords)
        except MIError as error:
            error.located(calls.session.destination, operation)
            raise
        except TypeError:
            refuse_unknown_of(method, calls, keywords)
            raise

    return located


class AsyncCalls:
    """The methods of `Session` that have one result, with the same arguments, as coroutines.

    A thread of the application's executor waits meanwhile, and the event loop goes on. Cancelling
    the task cancels the operation, and what is open on the server is released before the task
    ends, in at most 5 s.

    Attributes:
        session: the session.
    """

    def __init__(self, session: Session) -> None:
        self.session = session

    @_locating
    async def test_connection(self, **keywords: Unpack[CallKeywords]) -> Instance | None:
        """Do as `Session.test_connection` does."""
        return await self.session.run(TestConnection(), **keywords)

    @_locating
    async def get_instance(self, key: Instance | str, **keywords: Unpack[CallKeywords]) -> Instance:
        """Do as `Session.get_instance` does."""
        return await self.session.run(GetInstance(instance_of(key)), **keywords)

    @_locating
    async def create_instance(
        self, instance: Instance, **keywords: Unpack[CallKeywords]
    ) -> Instance:
        """Do as `Session.create_instance` does."""
        return await self.session.run(CreateInstance(instance), **keywords)

    @_locating
    async def modify_instance(
        self, instance: Instance, **keywords: Unpack[CallKeywords]
    ) -> Instance | None:
        """Do as `Session.modify_instance` does."""
        return await self.session.run(ModifyInstance(instance), **keywords)

    @_locating
    async def delete_instance(self, key: Instance | str, **keywords: Unpack[CallKeywords]) -> None:
        """Do as `Session.delete_instance` does."""
        await self.session.run(DeleteInstance(instance_of(key)), **keywords)

    @_locating
    async def invoke(
        self,
        target: Instance | str,
        method: str,
        parameters: Mapping[str, Any] | None = None,
        **keywords: Unpack[CallKeywords],
    ) -> MethodResult:
        """Do as `Session.invoke` does."""
        return await self.session.run(Invoke(target_of(target), method, parameters), **keywords)

    @_locating
    async def get_class(self, class_name: str, **keywords: Unpack[CallKeywords]) -> Class:
        """Do as `Session.get_class` does."""
        return await self.session.run(GetClass(class_name), **keywords)

    @_locating
    async def namespaces(self, **keywords: Unpack[CallKeywords]) -> Namespaces:
        """Do as `Session.namespaces` does."""
        walk, next_keywords = namespace_walk(keywords)
        for namespace in walk:
            try:
                names = await self._inner_namespaces(namespace, next_keywords())
            except MIError as error:
                walk.pass_by(error)
            else:
                walk.enter(names)
        return self.session.noted(walk.result())

    async def powershell(
        self,
        script: str,
        parameters: Mapping[str, Any] | Sequence[Any] = (),
        **keywords: Unpack[ScriptKeywords],
    ) -> PowerShellResult:
        """Do as `Session.powershell` does; cancelling the task ends the script."""
        async with self.session.start_powershell(script, parameters, **keywords) as running:
            return await running

    async def copy_to(
        self, source: str | os.PathLike[str], target: str, **keywords: Unpack[CopyKeywords]
    ) -> CopyResult:
        """Do as `Session.copy_to` does; cancelling the task ends the copy."""
        return await self._copied("copy_to", keywords, lambda copy: copy.to_host(source, target))

    async def copy_from(
        self, source: str, target: str | os.PathLike[str], **keywords: Unpack[CopyKeywords]
    ) -> CopyResult:
        """Do as `Session.copy_from` does; cancelling the task ends the copy."""
        return await self._copied(
            "copy_from", keywords, lambda copy: copy.from_host(source, target)
        )

    async def _copied(
        self, method: str, keywords: CopyKeywords, work: Callable[[Copy], CopyResult]
    ) -> CopyResult:
        from mi.coroutines import awaited  # noqa: PLC0415 - it loads asyncio

        try:
            copy = self.session.new_copy(keywords, f"{type(self).__name__}.{method}")
            run = partial(work, copy)
            return await awaited(self.session.submit, run, copy.stop, copy.close)
        except MIError as error:
            error.located(self.session.destination, operation_name(method))
            raise

    async def _inner_namespaces(self, namespace: str, keywords: CallKeywords) -> list[str]:
        operation = self.session.run(inner_namespaces(namespace), **keywords)
        async with operation:
            return [str(one["Name"]) async for one in operation]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.session!r}>"
