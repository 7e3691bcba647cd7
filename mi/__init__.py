"""The Management Infrastructure client: Microsoft's MI API for Python.

`connect` opens a session with a host, `Application` is the long form; `mi.calls` holds the calls
as values, `mi.wql` writes queries, `mi.handler` is the contract for further protocols.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import mi.cim_error  # noqa: F401 - it teaches errors to describe themselves as CIM_Error
from mi import calls
from mi.application import Application, connect
from mi.callbacks import MessageChannel, SessionCallbacks
from mi.cim_datetime import CimDateTime
from mi.credentials import Credentials, Scheme
from mi.errors import (
    AccessDenied,
    AlreadyExists,
    AuthenticationFailed,
    CertificateRejected,
    ConnectionFailed,
    InvalidClass,
    InvalidEnumerationContext,
    InvalidNamespace,
    InvalidOperationTimeout,
    InvalidParameter,
    InvalidQuery,
    LimitsExceeded,
    MethodNotFound,
    MIError,
    NoSuchProperty,
    NotFound,
    NotSupported,
    OperationCancelled,
    OperationTimeout,
    ProtocolError,
    TypeMismatch,
)
from mi.instance import Element, Instance
from mi.operation import Operation
from mi.options import DestinationOptions, OperationOptions, ServerKind
from mi.results import CimType, ErrorCategory, Flags, OperationFlags, Result
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.session import Session
from mi.version import __version__

if TYPE_CHECKING:
    from mi import wql
    from mi.store import SchemaStore

__all__ = [
    "AccessDenied",
    "AlreadyExists",
    "Application",
    "AuthenticationFailed",
    "CertificateRejected",
    "CimDateTime",
    "CimType",
    "Class",
    "ConnectionFailed",
    "Credentials",
    "DestinationOptions",
    "Element",
    "ErrorCategory",
    "Flags",
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
    "MethodNotFound",
    "NoSuchProperty",
    "NotFound",
    "NotSupported",
    "Operation",
    "OperationCancelled",
    "OperationFlags",
    "OperationOptions",
    "OperationTimeout",
    "Parameter",
    "Property",
    "ProtocolError",
    "Qualifier",
    "Result",
    "SchemaStore",
    "Scheme",
    "ServerKind",
    "Session",
    "SessionCallbacks",
    "TypeMismatch",
    "__version__",
    "calls",
    "connect",
    "wql",
]


def __getattr__(name: str) -> Any:
    """Import on first use what many programs never use: it takes a tenth of `import mi`."""
    match name:
        case "wql":
            return import_module("mi.wql")
        case "SchemaStore":
            return import_module("mi.store").SchemaStore
        case _:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
