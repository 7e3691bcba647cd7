"""Invoke: a method of an object, or a static one of a class (DSP0227 11, DSP0230 10.3).

The action is the resource URI of the class and the name of the method; the parameters go as
`<Method>_INPUT`, and come back as whatever the server calls it: `<Method>_OUTPUT` on Windows,
`<Class>_OUTPUT` or `<Method>` on OMI, in any order, `ReturnValue` first or last (recorded). So the
one element of the reply is taken, and what is in it is found by the names that the class declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mi.calls import Invoke
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.names import NameMap
from mi.parameters import RETURN_VALUE, arguments, find_method, outputs
from mi.schema import Class, Method
from mi.value_map import meaning_of
from protocols.wsman.conversation import namespace_of
from protocols.wsman.dialects import Dialect, SchemaView, Settings
from protocols.wsman.envelope import Reply, Request
from protocols.wsman.headers import Selector
from protocols.wsman.instances import Decoder
from protocols.wsman.outgoing import Outgoing
from protocols.wsman.plans import Plan
from protocols.wsman.transaction import Transaction

__all__ = ["Invocation"]


class Invocation(Transaction):
    """The conversation of an `Invoke`."""

    def __init__(
        self, call: Invoke, settings: Settings, dialect: Dialect, schemas: SchemaView
    ) -> None:
        """Begin the conversation.

        Args:
            call: which method, of what, with which parameters.
            settings: how to run the operation.
            dialect: the server's.
            schemas: the classes that are known.

        Raises:
            InvalidParameter: the method has no such parameter, or the key is not complete.
            MethodNotFound: the class has no such method.
            TypeMismatch: a value does not fit its parameter.
        """
        namespace = namespace_of(call)
        self._call = call
        self._settings = settings
        self._dialect = dialect
        self._class: Class | None = None
        self._method = Method(call.method)
        decoder = Decoder.of(namespace, settings, dialect, schemas)
        outgoing = Outgoing(settings, dialect, schemas, namespace)
        super().__init__(outgoing, decoder, settings, schemas)

    def prepare(self) -> Request:
        """Return the request, for which the class must be known where it can be.

        Raises:
            MIError: the call does not fit the class.
            UnknownClass: the class, or that of an embedded instance, is needed first.
        """
        call, class_ = self._call, self._outgoing.class_of(self._call.class_name)
        given: Mapping[str, Any] = {} if call.parameters is None else call.parameters
        if class_ is not None:
            self._class, self._method = class_, find_method(class_, call.method)
            given = arguments(class_, self._method, given)
        elif not isinstance(given, Instance):
            given = Instance("Parameters", given)
        class_name = call.class_name if class_ is None else class_.name
        uri = self._outgoing.resource_uri(class_name)
        return Request(
            f"{uri}/{self._method.name}",
            uri,
            self._outgoing.parameters(self._method.name, given, class_name),
            selectors=self._selectors(),
            options=self._dialect.options,
            operation_timeout=self._settings.operation_timeout,
            repeatable=False,
        )

    def _selectors(self) -> tuple[Selector, ...]:
        """Return what names the object; a static method is one of none, whoever it is called on."""
        target = self._call.target
        if isinstance(target, str) or self._method.is_static:
            return self._outgoing.namespace_selectors()
        return self._outgoing.selectors(target)

    def read(self, reply: Reply) -> list[Any]:
        """Return what the method gave back.

        Raises:
            ProtocolError: a value does not fit the type of its parameter.
            UnknownClass: the class of an instance among the parameters is needed first.
        """
        declared = None if self._class is None else outputs(self._class, self._method)
        values: dict[str, Any] = {}
        if declared is not None:
            values.update(dict.fromkeys(declared.properties))
        if len(reply.body):
            plan = Plan(declared, precise=self._dialect.precise_arrays)
            values.update(plan.read(reply.body[0], self._decoder)[0])
        return [self._result(values, is_typed=declared is not None)]

    def _result(self, values: Mapping[str, Any], *, is_typed: bool) -> MethodResult:
        found = NameMap(values.items())
        return_value = found.get(RETURN_VALUE)
        return MethodResult(
            return_value,
            NameMap(
                (name, value)
                for name, value in found.items()
                if name.lower() != RETURN_VALUE.lower()
            ),
            f"{self._call.class_name}.{self._method.name}",
            meaning_of(return_value, self._method.qualifiers),
            is_typed,
        )
