"""The Management Infrastructure client: Microsoft's MI API for Python.

`connect` opens a session with a host, `Application` is the long form; `mi.calls` holds the calls
as values, `mi.wql` writes queries, `mi.handler` is the contract for further protocols.

Each name is imported when it is first used, so that `import mi` costs next to nothing: what reads
an error's class or writes a query needs no session, and a session needs no text forms.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mi import calls, wql
    from mi.application import Application, connect
    from mi.callbacks import OperationCallbacks, OperationResult, SessionCallbacks
    from mi.cim_datetime import CimDateTime
    from mi.command import Command
    from mi.command_result import CommandResult
    from mi.credentials import Credentials, Scheme
    from mi.diagnosis import Diagnosis, Finding, Verdict
    from mi.elements import Element
    from mi.errors import (
        AccessDenied,
        AlreadyExists,
        AuthenticationFailed,
        CertificateRejected,
        CommandFailed,
        ConnectionFailed,
        InvalidClass,
        InvalidEnumerationContext,
        InvalidNamespace,
        InvalidOperationTimeout,
        InvalidParameter,
        InvalidQuery,
        LimitsExceeded,
        MethodFailed,
        MethodNotFound,
        MIError,
        NoSuchProperty,
        NotFound,
        NotSupported,
        OperationCancelled,
        OperationTimeout,
        ProtocolError,
        ShellLost,
        TypeMismatch,
    )
    from mi.events import Progress
    from mi.files.result import CopiedFile, CopyProgress, CopyResult
    from mi.indication import Indication
    from mi.instance import Instance
    from mi.method_result import MethodResult
    from mi.namespace_tree import Namespaces
    from mi.operation import Operation
    from mi.options import (
        BOOKMARK_NEWEST,
        BOOKMARK_OLDEST,
        DestinationOptions,
        OperationOptions,
        ServerKind,
        SubscriptionDeliveryOptions,
    )
    from mi.results import (
        CallbackMode,
        CimType,
        ErrorCategory,
        Flags,
        MessageChannel,
        OperationFlags,
        PromptType,
        ResponseType,
        Result,
    )
    from mi.schema import Class, Method, Parameter, Property, Qualifier
    from mi.session import Session
    from mi.shell import Shell
    from mi.store import SchemaStore
    from mi.version import __version__

__all__ = [
    "BOOKMARK_NEWEST",
    "BOOKMARK_OLDEST",
    "AccessDenied",
    "AlreadyExists",
    "Application",
    "AuthenticationFailed",
    "CallbackMode",
    "CertificateRejected",
    "CimDateTime",
    "CimType",
    "Class",
    "Command",
    "CommandFailed",
    "CommandResult",
    "ConnectionFailed",
    "CopiedFile",
    "CopyProgress",
    "CopyResult",
    "Credentials",
    "DestinationOptions",
    "Diagnosis",
    "Element",
    "ErrorCategory",
    "Finding",
    "Flags",
    "Indication",
    "Instance",
    "InvalidClass",
    "InvalidEnumerationContext",
    "InvalidNamespace",
    "InvalidOperationTimeout",
    "InvalidParameter",
    "InvalidQuery",
    "LimitsExceeded",
    "MIError",
    "MessageChannel",
    "Method",
    "MethodFailed",
    "MethodNotFound",
    "MethodResult",
    "Namespaces",
    "NoSuchProperty",
    "NotFound",
    "NotSupported",
    "Operation",
    "OperationCallbacks",
    "OperationCancelled",
    "OperationFlags",
    "OperationOptions",
    "OperationResult",
    "OperationTimeout",
    "Parameter",
    "Progress",
    "PromptType",
    "Property",
    "ProtocolError",
    "Qualifier",
    "ResponseType",
    "Result",
    "SchemaStore",
    "Scheme",
    "ServerKind",
    "Session",
    "SessionCallbacks",
    "Shell",
    "ShellLost",
    "SubscriptionDeliveryOptions",
    "TypeMismatch",
    "Verdict",
    "__version__",
    "calls",
    "connect",
    "wql",
]

_MODULES = {
    "mi.application": "Application connect",
    "mi.callbacks": "OperationCallbacks OperationResult SessionCallbacks",
    "mi.cim_datetime": "CimDateTime",
    "mi.command": "Command",
    "mi.command_result": "CommandResult",
    "mi.credentials": "Credentials Scheme",
    "mi.diagnosis": "Diagnosis Finding Verdict",
    "mi.elements": "Element",
    "mi.errors": (
        "AccessDenied AlreadyExists AuthenticationFailed CertificateRejected "
        "CommandFailed ConnectionFailed InvalidClass InvalidEnumerationContext InvalidNamespace "
        "InvalidOperationTimeout InvalidParameter InvalidQuery LimitsExceeded MIError "
        "MethodFailed MethodNotFound NoSuchProperty NotFound NotSupported OperationCancelled "
        "OperationTimeout ProtocolError ShellLost TypeMismatch"
    ),
    "mi.events": "Progress",
    "mi.files.result": "CopiedFile CopyProgress CopyResult",
    "mi.indication": "Indication",
    "mi.instance": "Instance",
    "mi.method_result": "MethodResult",
    "mi.namespace_tree": "Namespaces",
    "mi.operation": "Operation",
    "mi.options": (
        "BOOKMARK_NEWEST BOOKMARK_OLDEST DestinationOptions OperationOptions ServerKind "
        "SubscriptionDeliveryOptions"
    ),
    "mi.results": (
        "CallbackMode CimType ErrorCategory Flags MessageChannel OperationFlags PromptType "
        "ResponseType Result"
    ),
    "mi.schema": "Class Method Parameter Property Qualifier",
    "mi.session": "Session",
    "mi.shell": "Shell",
    "mi.store": "SchemaStore",
    "mi.version": "__version__",
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> Any:
    """Import `name` from where it is defined, and keep it."""
    home = _HOMES.get(name)
    if home is not None:
        value = getattr(import_module(home), name)
    elif name in __all__:
        value = import_module(f"{__name__}.{name}")
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
