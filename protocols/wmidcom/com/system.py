"""The functions of COM that are called: ole32 and oleaut32, loaded when they are first needed.

Whoever has the same functions may stand in for them, as the tests do where there is no Windows.
"""

from __future__ import annotations

import ctypes
from ctypes import byref, c_int32, c_uint16, c_uint32, c_void_p
from typing import Any, Final, Protocol

from protocols.wmidcom.com.structures import GUID, VARIANT
from protocols.wmidcom.services import WbemError

__all__ = ["RPC_E_TOO_LATE", "System", "WindowsSystem", "succeeded"]

E_NOINTERFACE: Final = 0x80004002
RPC_E_TOO_LATE: Final = 0x80010119
"""Somebody else in the process has said already how COM is to be secured."""

_UNSIGNED: Final = 0xFFFFFFFF
_MULTITHREADED: Final = 0
_INPROC_SERVER: Final = 1
_PKT_PRIVACY: Final = 6
_IMPERSONATE: Final = 3
_AUTHN_WINNT: Final = 10
_AUTHZ_NONE: Final = 0
_AUTHN_LEVEL_DEFAULT: Final = 0
_WHICHEVER_SERVICE: Final = -1


class System(Protocol):
    """What COM does for a thread, its values and its errors; addresses are integers."""

    def enter(self) -> None:
        """Let this thread use COM, in the apartment of many threads.

        Raises:
            WbemError: it cannot.
        """
        ...

    def leave(self) -> None:
        """End what `enter` began."""
        ...

    def create(self, class_id: str, interface_id: str) -> int:
        """Return a new object, as one of its interfaces.

        Raises:
            WbemError: there is none.
        """
        ...

    def protect(self, address: int) -> None:
        """Have all calls on an interface sealed, and their server act in the caller's name.

        Raises:
            WbemError: it cannot be had.
        """
        ...

    def new_text(self, text: str) -> int:
        """Return a new BSTR."""
        ...

    def free_text(self, address: int) -> None:
        """Free a BSTR; 0 is none."""
        ...

    def new_array(self, kind: int, count: int) -> int:
        """Return a new SAFEARRAY of one dimension, of values of a VARIANT's type."""
        ...

    def clear(self, variant: VARIANT) -> None:
        """Free what a VARIANT holds, and make it empty."""
        ...

    def take_error(self) -> int:
        """Return the IErrorInfo of the thread's last failure, which is the caller's then, or 0."""
        ...

    def forget_error(self) -> None:
        """Forget the thread's last failure."""
        ...


def succeeded(hresult: int) -> int:
    """Return an HRESULT if it is one of success.

    Raises:
        WbemError: it is not.
    """
    if hresult < 0:
        raise WbemError(hresult & _UNSIGNED)
    return hresult


# name, type of the result, types of the arguments
_OLE32: Final = (
    ("CoInitializeEx", c_int32, (c_void_p, c_uint32)),
    ("CoUninitialize", None, ()),
    (
        "CoInitializeSecurity",
        c_int32,
        (c_void_p, c_int32, c_void_p, c_void_p, c_uint32, c_uint32, c_void_p, c_uint32, c_void_p),
    ),
    ("CoCreateInstance", c_int32, (c_void_p, c_void_p, c_uint32, c_void_p, c_void_p)),
    (
        "CoSetProxyBlanket",
        c_int32,
        (c_void_p, c_uint32, c_uint32, c_void_p, c_uint32, c_uint32, c_void_p, c_uint32),
    ),
)
_OLEAUT32: Final = (
    ("SysAllocStringLen", c_void_p, (c_void_p, c_uint32)),
    ("SysFreeString", None, (c_void_p,)),
    ("SafeArrayCreateVector", c_void_p, (c_uint16, c_int32, c_uint32)),
    ("VariantClear", c_int32, (c_void_p,)),
    ("GetErrorInfo", c_int32, (c_uint32, c_void_p)),
    ("SetErrorInfo", c_int32, (c_uint32, c_void_p)),
)


def _bind(library: Any, functions: Any) -> Any:
    for name, result, arguments in functions:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class WindowsSystem:
    """The real thing."""

    def __init__(self, ole32: Any = None, oleaut32: Any = None) -> None:
        """Load the libraries.

        Args:
            ole32: one that is loaded already.
            oleaut32: likewise.
        """
        # Copies of our own: types that are set here are nobody else's business.
        load: Any = getattr(ctypes, "WinDLL", None)
        self._ole32 = _bind(ole32 or load("ole32"), _OLE32)
        self._oleaut32 = _bind(oleaut32 or load("oleaut32"), _OLEAUT32)

    def enter(self) -> None:
        """Let this thread use COM, in the apartment of many threads."""
        succeeded(self._ole32.CoInitializeEx(None, _MULTITHREADED))
        hresult = self._ole32.CoInitializeSecurity(
            None, _WHICHEVER_SERVICE, None, None, _AUTHN_LEVEL_DEFAULT, _IMPERSONATE, None, 0, None
        )
        if hresult & _UNSIGNED != RPC_E_TOO_LATE:
            succeeded(hresult)

    def leave(self) -> None:
        """End what `enter` began."""
        self._ole32.CoUninitialize()

    def create(self, class_id: str, interface_id: str) -> int:
        """Return a new object, as one of its interfaces."""
        found = c_void_p()
        succeeded(
            self._ole32.CoCreateInstance(
                byref(GUID.of(class_id)),
                None,
                _INPROC_SERVER,
                byref(GUID.of(interface_id)),
                byref(found),
            )
        )
        return found.value or 0

    def protect(self, address: int) -> None:
        """Have all calls on an interface sealed, and their server act in the caller's name."""
        hresult = self._ole32.CoSetProxyBlanket(
            address, _AUTHN_WINNT, _AUTHZ_NONE, None, _PKT_PRIVACY, _IMPERSONATE, None, 0
        )
        # What is no proxy is called in this very process, so that nothing is to be sealed.
        if hresult & _UNSIGNED != E_NOINTERFACE:
            succeeded(hresult)

    def new_text(self, text: str) -> int:
        """Return a new BSTR."""
        octets = text.encode("utf-16-le", "surrogatepass")
        address = self._oleaut32.SysAllocStringLen(octets, len(octets) // 2)
        return _allocated(address)

    def free_text(self, address: int) -> None:
        """Free a BSTR."""
        self._oleaut32.SysFreeString(address)

    def new_array(self, kind: int, count: int) -> int:
        """Return a new SAFEARRAY of one dimension."""
        return _allocated(self._oleaut32.SafeArrayCreateVector(kind, 0, count))

    def clear(self, variant: VARIANT) -> None:
        """Free what a VARIANT holds, and make it empty."""
        self._oleaut32.VariantClear(byref(variant))

    def take_error(self) -> int:
        """Return the IErrorInfo of the thread's last failure."""
        found = c_void_p()
        self._oleaut32.GetErrorInfo(0, byref(found))
        return found.value or 0

    def forget_error(self) -> None:
        """Forget the thread's last failure."""
        self._oleaut32.SetErrorInfo(0, None)


def _allocated(address: int | None) -> int:
    if not address:
        raise MemoryError
    return address
