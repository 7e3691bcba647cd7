"""One namespace of a server (IWbemServices, MS-WMI 3.1.4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final
from uuid import uuid4

from mi.control import Expiry
from mi.errors import ProtocolError
from mi.instance import Instance
from mi.schema import Class
from mi.schema import Method as CimMethod
from protocols.dcom import interfaces
from protocols.dcom.call_contexts import ContextProperty, write_context
from protocols.dcom.methods import Method
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_instance, write_parameters
from protocols.dcom.wbem_objects import object_in, object_reference
from protocols.security.discretion import Forgetting
from protocols.wmidcom.rpc.enumerators import RpcEnumerator
from protocols.wmidcom.rpc.exporter import Exporter, RemoteObject
from protocols.wmidcom.rpc.line import Line
from protocols.wmidcom.services import Bounds, ContextValue, Outgoing, WbemError, WbemFlags

__all__ = ["RpcServices"]

_LANGUAGE: Final = "WQL"
_LONGEST: Final = -1  # WBEM_INFINITE: what is asked for is there already


class RpcServices:
    """The services of one namespace; any thread may use them."""

    def __init__(
        self,
        exporter: Exporter,
        thing: RemoteObject,
        namespace: str,
        reader: ObjectReader,
        new_line: Callable[[], Line],
    ) -> None:
        """Take over what a login returned.

        Args:
            exporter: where it lives.
            thing: the IWbemServices.
            namespace: as instances of it are to say.
            reader: of the server's objects.
            new_line: returns another way to the exporter.
        """
        self._exporter = exporter
        self._thing = thing
        self._namespace = namespace
        self._reader = reader
        self._new_line = new_line

    # Reading

    def get_class(
        self, name: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> Class:
        """Return the declaration of a class, with all that it inherits (GetObject)."""
        found = self._got(name, flags, context, bounds)
        if not isinstance(found, Class):
            raise ProtocolError(f"the server returned an instance instead of the class {name}")
        return found

    def get_instance(
        self, path: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> Instance:
        """Return the object that a relative path names (GetObject)."""
        found = self._got(path, flags, context, bounds)
        if not isinstance(found, Instance):
            raise ProtocolError("the server returned a class instead of an instance")
        return found

    def _got(
        self, path: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> Class | Instance:
        with Forgetting():
            reply = self._exporter.call(
                self._thing,
                interfaces.GET_OBJECT,
                bounds,
                strObjectPath=path,
                ppObject=True,
                ppCallResult=False,
                **_told(flags, context),
            )
            reference = reply.values["ppObject"]
            if reference is None:
                raise ProtocolError("the server returned no object")
            return self._read(object_in(reference))

    # Enumerating

    def exec_query(
        self, query: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> RpcEnumerator:
        """Return what a WQL query selects."""
        told = {"strQueryLanguage": _LANGUAGE, "strQuery": query, **_told(flags, context)}
        return self._enumerator(interfaces.EXEC_QUERY, told, bounds)

    def create_instance_enum(
        self, class_name: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> RpcEnumerator:
        """Return the instances of a class."""
        told = {"strSuperClass": class_name, **_told(flags, context)}
        return self._enumerator(interfaces.CREATE_INSTANCE_ENUM, told, bounds)

    def create_class_enum(
        self,
        superclass: str | None,
        flags: WbemFlags,
        context: tuple[ContextValue, ...],
        bounds: Bounds,
    ) -> RpcEnumerator:
        """Return the subclasses of a class, or of none."""
        told = {"strSuperClass": superclass or "", **_told(flags, context)}
        return self._enumerator(interfaces.CREATE_CLASS_ENUM, told, bounds)

    def exec_notification_query(
        self, query: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> RpcEnumerator:
        """Return the events that a WQL query describes, over a connection of their own."""
        told = {"strQueryLanguage": _LANGUAGE, "strQuery": query, **_told(flags, context)}
        line = self._new_line()
        try:
            return self._enumerator(interfaces.EXEC_NOTIFICATION_QUERY, told, bounds, line)
        except BaseException:
            line.close(Expiry.at_once())
            raise

    def _enumerator(
        self, method: Method, told: dict[str, Any], bounds: Bounds, line: Line | None = None
    ) -> RpcEnumerator:
        with Forgetting():
            reply = self._exporter.call(self._thing, method, bounds, line=line, **told)
            thing = self._exporter.adopt(reply.values["ppEnum"], interfaces.ENUMERATOR)
        return RpcEnumerator(self._exporter, thing, self._read, line)

    def _read(self, data: bytes) -> Class | Instance:
        return self._reader.read(data, self._namespace)

    # Changing

    def exec_method(
        self,
        path: str,
        method: CimMethod,
        parameters: Outgoing | None,
        context: tuple[ContextValue, ...],
        bounds: Bounds,
    ) -> Instance | None:
        """Call a method, and return what it returned, with `ReturnValue` (ExecMethod)."""
        given = None
        if parameters is not None:
            find = partial(_embedded, parameters.embedded)
            given = write_parameters(method, parameters.instance, find)
        with Forgetting():
            reply = self._exporter.call(
                self._thing,
                interfaces.EXEC_METHOD,
                bounds,
                is_change=True,
                strObjectPath=path,
                strMethodName=method.name,
                pInParams=None if given is None else object_reference(given),
                ppOutParams=True,
                ppCallResult=False,
                **_told(WbemFlags.NONE, context),
            )
            return self._returned(reply.values["ppOutParams"])

    def _returned(self, reference: bytes | None) -> Instance | None:
        if reference is None:
            return None
        found = self._read(object_in(reference))
        if not isinstance(found, Instance):
            raise ProtocolError("a method returned a class", outcome_unknown=True)
        return found

    def put_instance(
        self,
        outgoing: Outgoing,
        flags: WbemFlags,
        context: tuple[ContextValue, ...],
        bounds: Bounds,
    ) -> str | None:
        """Write an object, and return the path that the server says it has, if it does."""
        data = write_instance(
            outgoing.instance,
            outgoing.declaration,
            outgoing.properties,
            partial(_embedded, outgoing.embedded),
        )
        with Forgetting():
            reply = self._exporter.call(
                self._thing,
                interfaces.PUT_INSTANCE,
                bounds,
                is_change=True,
                pInst=object_reference(data),
                ppCallResult=True,
                **_told(flags, context),
            )
            result = reply.values["ppCallResult"]
            return None if result is None else self._path(result, bounds)

    def _path(self, reference: bytes, bounds: Bounds) -> str | None:
        """Return the path that a call result tells; where it tells none, the put stands."""
        result = self._exporter.adopt(reference, interfaces.CALL_RESULT)
        try:
            reply = self._exporter.call(
                result, interfaces.GET_RESULT_STRING, bounds, lTimeout=_LONGEST
            )
        except WbemError:
            return None
        finally:
            result.abandon()
        path: str | None = reply.values["pstrResultString"]
        return path

    def delete_instance(
        self, path: str, flags: WbemFlags, context: tuple[ContextValue, ...], bounds: Bounds
    ) -> None:
        """Delete the object that a relative path names."""
        with Forgetting():
            self._exporter.call(
                self._thing,
                interfaces.DELETE_INSTANCE,
                bounds,
                is_change=True,
                strObjectPath=path,
                ppCallResult=False,
                **_told(flags, context),
            )


def _told(flags: WbemFlags, context: tuple[ContextValue, ...]) -> dict[str, Any]:
    """Return the parameters that most methods have."""
    properties = [ContextProperty(*one) for one in context]
    bag = write_context(uuid4().bytes_le, properties) if properties else None
    return {"lFlags": int(flags), "pCtx": bag}


def _embedded(
    declarations: Mapping[str, Class], _namespace: str | None, class_name: str
) -> Class | None:
    return declarations.get(class_name.lower())
