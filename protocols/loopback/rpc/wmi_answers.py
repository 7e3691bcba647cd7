"""What WMI's interfaces answer: the parameters of each method, taken to a namespace and back.

The objects of WMI know nothing of DCOM: what they return is exported here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from mi.errors import MIError
from mi.names import normalize_namespace
from protocols.dcom import interfaces
from protocols.dcom.call_contexts import read_context
from protocols.dcom.kinds import Interfaces
from protocols.dcom.wbem_objects import object_in, object_reference
from protocols.loopback.events import Events
from protocols.loopback.repository import Repository
from protocols.loopback.rpc.exported import Exporter
from protocols.loopback.rpc.given import Given
from protocols.loopback.wmi.enumerators import Enumerator
from protocols.loopback.wmi.failures import failure
from protocols.loopback.wmi.namespace import Namespace

__all__ = ["WMI_ROWS", "CallResult", "Login", "Services", "WmiAnswers"]


class Login:
    """What one logs in to WMI by."""

    def close(self) -> None:
        """Do nothing."""


class Services(NamedTuple):
    """An IWbemServices."""

    namespace: Namespace

    def close(self) -> None:
        """Do nothing: what it gave is held by itself."""


class CallResult(NamedTuple):
    """An IWbemCallResult of a put that is over."""

    path: str

    def close(self) -> None:
        """Do nothing."""


class WmiAnswers:
    """The rows of WMI's interfaces; any thread may ask."""

    def __init__(self, exporter: Exporter, repository: Repository) -> None:
        """Make them.

        Args:
            exporter: what clients hold.
            repository: what WMI has.
        """
        self._exporter = exporter
        self._repository = repository
        self._events = Events(repository)
        self._lock = threading.Lock()
        self._namespaces: dict[str, Namespace] = {}

    # Logging in to WMI

    def establish_position(self, _: Login, __: Mapping[str, Any]) -> Given:
        """Say that there are no versions of locales."""
        return Given()

    def login(self, _: Login, values: Mapping[str, Any]) -> Given:
        """Give the services of a namespace (NTLMLogin)."""
        services = Services(self._namespace(_namespace_name(values["wszNetworkResource"])))
        return Given({"ppNamespace": self._exporter.export(interfaces.SERVICES, services)})

    def _namespace(self, name: str) -> Namespace:
        with self._lock:
            found = self._namespaces.get(name.lower())
        if found is None:
            found = Namespace(self._repository, name, self._events)
            with self._lock:
                found = self._namespaces.setdefault(name.lower(), found)
        return found

    # WMI

    def get_object(self, services: Services, values: Mapping[str, Any]) -> Given:
        """Give a class or an instance."""
        data = services.namespace.get_object(_text(values["strObjectPath"]))
        return Given({"ppObject": object_reference(data)})

    def exec_query(self, services: Services, values: Mapping[str, Any]) -> Given:
        """Give what a query finds."""
        return self._enumerator(services.namespace.exec_query(*_query(values)))

    def exec_notification_query(self, services: Services, values: Mapping[str, Any]) -> Given:
        """Give what happens."""
        return self._enumerator(services.namespace.exec_notification_query(*_query(values)))

    def create_instance_enum(self, services: Services, values: Mapping[str, Any]) -> Given:
        """Give the instances of a class."""
        return self._enumerator(services.namespace.create_instance_enum(*_super_class(values)))

    def create_class_enum(self, services: Services, values: Mapping[str, Any]) -> Given:
        """Give the subclasses of a class."""
        return self._enumerator(services.namespace.create_class_enum(*_super_class(values)))

    def _enumerator(self, enumerator: Enumerator) -> Given:
        return Given({"ppEnum": self._exporter.export(interfaces.ENUMERATOR, enumerator)})

    def put_instance(self, services: Services, values: Mapping[str, Any]) -> Given:
        """Write or make an instance; tell its path where that is wanted."""
        data = _object(values["pInst"], "PutInstance")
        path = services.namespace.put_instance(data, values["lFlags"], _context(values))
        if not values["ppCallResult"]:
            return Given()
        result = self._exporter.export(interfaces.CALL_RESULT, CallResult(path))
        return Given({"ppCallResult": result})

    def delete_instance(self, services: Services, values: Mapping[str, Any]) -> Given:
        """Take an instance away."""
        services.namespace.delete_instance(_text(values["strObjectPath"]))
        return Given()

    def exec_method(self, services: Services, values: Mapping[str, Any]) -> Given:
        """Call a method."""
        reference = values["pInParams"]
        data = services.namespace.exec_method(
            _text(values["strObjectPath"]),
            _text(values["strMethodName"]),
            None if reference is None else _object(reference, "ExecMethod"),
            _context(values),
        )
        return Given({"ppOutParams": None if data is None else object_reference(data)})

    # What WMI gave

    def reset(self, enumerator: Enumerator, _: Mapping[str, Any]) -> Given:
        """Begin anew."""
        enumerator.reset()
        return Given()

    def next(self, enumerator: Enumerator, values: Mapping[str, Any]) -> Given:
        """Give the next objects."""
        portion = enumerator.next(values["uCount"], values["lTimeout"])
        references = [object_reference(one) for one in portion.objects]
        given = Interfaces(values["uCount"], references)
        return Given({"apObjects": given, "puReturned": len(references)}, portion.hresult)

    def clone(self, enumerator: Enumerator, _: Mapping[str, Any]) -> Given:
        """Give another enumerator that is in the same place."""
        return self._enumerator(enumerator.clone())

    def skip(self, enumerator: Enumerator, values: Mapping[str, Any]) -> Given:
        """Pass over objects."""
        return Given(hresult=enumerator.skip(values["nCount"], values["lTimeout"]))

    def result_string(self, result: CallResult, _: Mapping[str, Any]) -> Given:
        """Tell the path of what was put."""
        return Given({"pstrResultString": result.path})

    def call_status(self, _: CallResult, __: Mapping[str, Any]) -> Given:
        """Say that it went well."""
        return Given({"plStatus": 0})


WMI_ROWS: Final[Mapping[bytes, Mapping[int, Callable[..., Given]]]] = {
    interfaces.LEVEL1_LOGIN.iid: {
        interfaces.ESTABLISH_POSITION.opnum: WmiAnswers.establish_position,
        interfaces.NTLM_LOGIN.opnum: WmiAnswers.login,
    },
    interfaces.SERVICES.iid: {
        interfaces.GET_OBJECT.opnum: WmiAnswers.get_object,
        interfaces.EXEC_QUERY.opnum: WmiAnswers.exec_query,
        interfaces.EXEC_NOTIFICATION_QUERY.opnum: WmiAnswers.exec_notification_query,
        interfaces.CREATE_INSTANCE_ENUM.opnum: WmiAnswers.create_instance_enum,
        interfaces.CREATE_CLASS_ENUM.opnum: WmiAnswers.create_class_enum,
        interfaces.PUT_INSTANCE.opnum: WmiAnswers.put_instance,
        interfaces.DELETE_INSTANCE.opnum: WmiAnswers.delete_instance,
        interfaces.EXEC_METHOD.opnum: WmiAnswers.exec_method,
    },
    interfaces.ENUMERATOR.iid: {
        interfaces.RESET.opnum: WmiAnswers.reset,
        interfaces.NEXT.opnum: WmiAnswers.next,
        interfaces.CLONE.opnum: WmiAnswers.clone,
        interfaces.SKIP.opnum: WmiAnswers.skip,
    },
    interfaces.CALL_RESULT.iid: {
        interfaces.GET_RESULT_STRING.opnum: WmiAnswers.result_string,
        interfaces.GET_CALL_STATUS.opnum: WmiAnswers.call_status,
    },
}
"""By interface and number of the method."""


def _text(text: str | None) -> str:
    return (text or "").rstrip("\0")  # which impacket counts as part of it


def _query(values: Mapping[str, Any]) -> tuple[str, str, int]:
    return _text(values["strQueryLanguage"]), _text(values["strQuery"]), values["lFlags"]


def _super_class(values: Mapping[str, Any]) -> tuple[str, int]:
    return _text(values["strSuperClass"]), values["lFlags"]


def _namespace_name(resource: str | None) -> str:
    r"""Return the namespace of `//./root/cimv2`, or of the same with a server's name."""
    plain = _text(resource).replace("\\", "/")
    if plain.startswith("//"):
        plain = plain[2:].partition("/")[2]
    try:
        return normalize_namespace(plain)
    except MIError:
        raise failure("WBEM_E_INVALID_NAMESPACE", "NTLMLogin", plain) from None


def _object(reference: bytes | None, operation: str) -> bytes:
    try:
        return object_in(reference or b"")
    except MIError:
        raise failure("WBEM_E_INVALID_PARAMETER", operation) from None


def _context(values: Mapping[str, Any]) -> dict[str, Any]:
    reference = values["pCtx"]
    if reference is None:
        return {}
    try:
        return {one.name: one.value for one in read_context(reference)}
    except MIError:
        raise failure("WBEM_E_INVALID_CONTEXT", "") from None
