"""The errors of the library: one tree, so that one `except MIError` is enough.

    MIError
    ├── InvalidParameter          ValueError           an argument or a handle is not usable
    │   └── InvalidOperationTimeout                    the time-out value is not acceptable
    ├── TypeMismatch              ValueError           a value does not fit the type it should have
    ├── NoSuchProperty            KeyError             the instance or class has no such element
    ├── NotSupported              NotImplementedError  the protocol, handler or server cannot do it
    ├── AccessDenied              PermissionError      the server says no
    │   └── AuthenticationFailed                       it does not accept who we say we are
    ├── NotFound                  LookupError          the object, protocol or option is not there
    │   └── ShellLost                                  the server has deleted the shell
    ├── InvalidNamespace          LookupError          the namespace is not there
    ├── InvalidClass              LookupError          the class is not there
    ├── MethodNotFound            LookupError          the method is not there
    ├── MethodFailed                                   a method's return value is not 0
    ├── CommandFailed                                  a command's exit code is not 0
    ├── AlreadyExists                                  an object with that key is there already
    ├── InvalidQuery              ValueError           the query text or its language is refused
    ├── InvalidEnumerationContext                      the server forgot the enumeration
    ├── LimitsExceeded                                 a quota, a memory or a size limit was hit
    ├── ConnectionFailed          ConnectionError      no connection, or it broke
    │   └── CertificateRejected                        TLS: the server is not who it should be
    ├── ProtocolError                                  the reply is not one that can be trusted
    ├── OperationTimeout          TimeoutError         a time-out or deadline passed
    └── OperationCancelled                             somebody cancelled the operation

MI knows no code for the last two: their result is FAILED and their category tells them apart.
An error is a plain value: it pickles and copies, and holds no secret and nothing to free.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from mi.results import CATEGORY_OF_RESULT, ErrorCategory, Result

if TYPE_CHECKING:
    from mi.instance import Instance

__all__ = [
    "AccessDenied",
    "AlreadyExists",
    "AuthenticationFailed",
    "CertificateRejected",
    "CommandFailed",
    "ConnectionFailed",
    "InvalidClass",
    "InvalidEnumerationContext",
    "InvalidNamespace",
    "InvalidOperationTimeout",
    "InvalidParameter",
    "InvalidQuery",
    "LimitsExceeded",
    "MIError",
    "MethodFailed",
    "MethodNotFound",
    "NoSuchProperty",
    "NotFound",
    "NotSupported",
    "OperationCancelled",
    "OperationTimeout",
    "ProtocolError",
    "ShellLost",
    "TypeMismatch",
    "error_for",
]


class MIError(Exception):
    """A failed call: what went wrong, where, and what to do about it.

    Attributes:
        result: the MI_Result.
        category: the MI_ErrorCategory.
        native_code: the server's own number (a WSManFault code, an HRESULT …), or None.
        native_type: what kind of number that is: `WINRM`, `HRESULT`, `WIN32`, `MI`, or None.
        message: what went wrong, in the server's words where it sent any.
        advice: one sentence on what to do about it, or None.
        host: the destination, or None for this machine.
        operation: the name of the MI operation, or None outside one.
        outcome_unknown: True if a change was sent and nobody knows whether it was made.
    """

    default_result: ClassVar[Result] = Result.FAILED
    default_category: ClassVar[ErrorCategory | None] = None

    def __init__(  # noqa: PLR0913 - the facts of an error are many, all but one optional
        self,
        message: str,
        *,
        result: Result | None = None,
        category: ErrorCategory | None = None,
        native_code: int | None = None,
        native_type: str | None = None,
        advice: str | None = None,
        host: str | None = None,
        operation: str | None = None,
        outcome_unknown: bool = False,
        extended_error: Instance | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.result = self.default_result if result is None else result
        self.category = self._category() if category is None else category
        self.native_code = native_code
        self.native_type = native_type
        self.advice = advice
        self.host = host
        self.operation = operation
        self.outcome_unknown = outcome_unknown
        self._extended_error = extended_error

    def _category(self) -> ErrorCategory:
        if self.default_category is not None:
            return self.default_category
        return CATEGORY_OF_RESULT.get(self.result, ErrorCategory.NOT_SPECIFIED)

    @property
    def extended_error(self) -> Instance:
        """The CIM_Error instance: the server's own, or one made from the facts above."""
        if self._extended_error is None:
            # By name: instances raise these errors, so this module cannot import them.
            describe = import_module("mi.cim_error").describe
            self._extended_error = describe(self)
        return self._extended_error

    def located(self, host: str | None, operation: str | None) -> MIError:
        """Fill in where the error happened, unless it says so already; return the error."""
        self.host = host if self.host is None else self.host
        self.operation = operation if self.operation is None else self.operation
        return self

    def __str__(self) -> str:
        text = ": ".join(part for part in (self.host, self.operation, self.message) if part)
        if not self.advice:
            return text
        return (
            f"{text} {self.advice}" if text.endswith(_SENTENCE_ENDS) else f"{text}. {self.advice}"
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.message!r}, result={self.result!r})"


_SENTENCE_ENDS = (".", "!", "?", ":")


class InvalidParameter(MIError, ValueError):
    """An argument, an option or a closed object cannot be used so (MI_RESULT_INVALID_PARAMETER)."""

    default_result = Result.INVALID_PARAMETER


class InvalidOperationTimeout(InvalidParameter):
    """The time-out value is not acceptable (MI_RESULT_INVALID_OPERATION_TIMEOUT)."""

    default_result = Result.INVALID_OPERATION_TIMEOUT


class TypeMismatch(MIError, ValueError):
    """A value does not fit the type it should have (MI_RESULT_TYPE_MISMATCH)."""

    default_result = Result.TYPE_MISMATCH


class NoSuchProperty(MIError, KeyError):
    """The instance, class or option set has no such element (MI_RESULT_NO_SUCH_PROPERTY)."""

    default_result = Result.NO_SUCH_PROPERTY


class NotSupported(MIError, NotImplementedError):
    """The protocol, this handler or the server cannot do it (MI_RESULT_NOT_SUPPORTED)."""

    default_result = Result.NOT_SUPPORTED


class AccessDenied(MIError, PermissionError):
    """The server does not allow it (MI_RESULT_ACCESS_DENIED)."""

    default_result = Result.ACCESS_DENIED


class AuthenticationFailed(AccessDenied):
    """The server does not accept the credentials, or offers no scheme that we may use."""

    default_category = ErrorCategory.AUTHENTICATION_ERROR


class NotFound(MIError, LookupError):
    """The object, protocol or option is not there (MI_RESULT_NOT_FOUND)."""

    default_result = Result.NOT_FOUND


class ShellLost(NotFound):
    """The shell is not there any more; a command that got this was not begun, or is over."""


class InvalidNamespace(MIError, LookupError):
    """The namespace is not there (MI_RESULT_INVALID_NAMESPACE)."""

    default_result = Result.INVALID_NAMESPACE


class InvalidClass(MIError, LookupError):
    """The class is not there (MI_RESULT_INVALID_CLASS)."""

    default_result = Result.INVALID_CLASS


class MethodNotFound(MIError, LookupError):
    """The method is not there (MI_RESULT_METHOD_NOT_FOUND)."""

    default_result = Result.METHOD_NOT_FOUND


class MethodFailed(MIError):
    """A method ran, and its return value, the `native_code`, is not 0 (`MethodResult.check`)."""

    default_category = ErrorCategory.INVALID_RESULT


class CommandFailed(MIError):
    """A command of a shell ended with an exit code other than 0, which is its `native_code`."""


class AlreadyExists(MIError):
    """An object with that key is there already (MI_RESULT_ALREADY_EXISTS)."""

    default_result = Result.ALREADY_EXISTS


class InvalidQuery(MIError, ValueError):
    """The query text, or its language, is refused (MI_RESULT_INVALID_QUERY)."""

    default_result = Result.INVALID_QUERY


class InvalidEnumerationContext(MIError):
    """The server forgot the enumeration (MI_RESULT_INVALID_ENUMERATION_CONTEXT)."""

    default_result = Result.INVALID_ENUMERATION_CONTEXT


class LimitsExceeded(MIError):
    """A quota, memory or size limit was hit (MI_RESULT_SERVER_LIMITS_EXCEEDED)."""

    default_result = Result.SERVER_LIMITS_EXCEEDED


class ConnectionFailed(MIError, ConnectionError):
    """No connection could be made, or it broke; MI's result for it is FAILED."""

    default_category = ErrorCategory.CONNECTION_ERROR


class CertificateRejected(ConnectionFailed):
    """TLS could not establish that the server is who it should be."""

    default_category = ErrorCategory.SECURITY_ERROR


class ProtocolError(MIError):
    """The reply breaks the protocol, so nothing in it is believed; MI's result is FAILED.

    The message may quote what nobody vouches for, so it is made printable and cut short.
    """

    default_category = ErrorCategory.PROTOCOL_ERROR

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(_harmless(message), **facts)


_BEGINNING, _END = 300, 200  # characters kept of a message; what is quoted is in its middle


def _harmless(message: str) -> str:
    if len(message) > _BEGINNING + _END:
        message = f"{message[:_BEGINNING]} … {message[-_END:]}"
    if message.isprintable():
        return message
    return "".join(char if char.isprintable() else "\ufffd" for char in message)


class OperationTimeout(MIError, TimeoutError):
    """A time-out or a deadline passed; MI has no code for it, the result is FAILED."""

    default_category = ErrorCategory.OPERATION_TIMEOUT


class OperationCancelled(MIError):
    """The operation was cancelled; MI has no code for it, the result is FAILED."""

    default_category = ErrorCategory.OPERATION_STOPPED


_CLASS_OF_RESULT: dict[Result, type[MIError]] = {
    Result.ACCESS_DENIED: AccessDenied,
    Result.INVALID_NAMESPACE: InvalidNamespace,
    Result.INVALID_PARAMETER: InvalidParameter,
    Result.INVALID_CLASS: InvalidClass,
    Result.NOT_FOUND: NotFound,
    Result.NOT_SUPPORTED: NotSupported,
    Result.ALREADY_EXISTS: AlreadyExists,
    Result.NO_SUCH_PROPERTY: NoSuchProperty,
    Result.TYPE_MISMATCH: TypeMismatch,
    Result.QUERY_LANGUAGE_NOT_SUPPORTED: InvalidQuery,
    Result.INVALID_QUERY: InvalidQuery,
    Result.METHOD_NOT_FOUND: MethodNotFound,
    Result.INVALID_ENUMERATION_CONTEXT: InvalidEnumerationContext,
    Result.INVALID_OPERATION_TIMEOUT: InvalidOperationTimeout,
    Result.SERVER_LIMITS_EXCEEDED: LimitsExceeded,
}
# Results too wide to say what happened; a category, where one is given, says more.
_CLASS_OF_CATEGORY: dict[tuple[Result, ErrorCategory], type[MIError]] = {
    (Result.FAILED, ErrorCategory.OPERATION_TIMEOUT): OperationTimeout,
    (Result.FAILED, ErrorCategory.OPERATION_STOPPED): OperationCancelled,
    (Result.FAILED, ErrorCategory.CONNECTION_ERROR): ConnectionFailed,
    (Result.FAILED, ErrorCategory.PROTOCOL_ERROR): ProtocolError,
    (Result.FAILED, ErrorCategory.AUTHENTICATION_ERROR): AuthenticationFailed,
    (Result.ACCESS_DENIED, ErrorCategory.AUTHENTICATION_ERROR): AuthenticationFailed,
}


def error_for(
    result: Result, message: str, *, category: ErrorCategory | None = None, **facts: Any
) -> MIError:
    """Return the error of the class that stands for `result` and, where it says more, `category`.

    A failure that calls itself OK is FAILED. `facts` are the other arguments of `MIError`.
    """
    result = Result.FAILED if result is Result.OK else result
    kind = _CLASS_OF_RESULT.get(result, MIError)
    if category is not None:
        kind = _CLASS_OF_CATEGORY.get((result, category), kind)
    return kind(message, result=result, category=category, **facts)
