"""The functions of Windows that are called, with what they are given; they are played here."""

import ctypes
from collections.abc import Callable
from typing import Any

import pytest

from protocols.wmidcom.com.structures import GUID, VARIANT
from protocols.wmidcom.com.system import WindowsSystem, succeeded
from protocols.wmidcom.services import WbemError

TOO_LATE, NO_INTERFACE, DENIED = 0x80010119, 0x80004002, 0x80070005


class Library:
    """A library whose functions note how they are called, and return what a test says."""

    def __init__(self, **results: Any) -> None:
        self.results = results
        self.calls: list[tuple[Any, ...]] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def function(*arguments: Any) -> Any:
            self.calls.append((name, *arguments))
            result = self.results.get(name, 0)
            return result(*arguments) if callable(result) else result

        setattr(self, name, function)
        return function


def _signed(hresult: int) -> int:
    return ctypes.c_int32(hresult).value


def _system(**results: Any) -> tuple[WindowsSystem, Library, Library]:
    ole32, oleaut32 = Library(**results), Library(**results)
    return WindowsSystem(ole32, oleaut32), ole32, oleaut32


def _put(address: int) -> Callable[..., int]:
    def function(*arguments: Any) -> int:
        arguments[-1]._obj.value = address
        return 0

    return function


def test_a_thread_enters_the_apartment_of_many_and_is_secured() -> None:
    system, ole32, _ = _system()
    system.enter()
    system.leave()
    assert ole32.calls == [
        ("CoInitializeEx", None, 0),
        # Any service, the default level of authentication, impersonation.
        ("CoInitializeSecurity", None, -1, None, None, 0, 3, None, 0, None),
        ("CoUninitialize",),
    ]


def test_that_somebody_else_secured_the_process_before_is_no_failure() -> None:
    system, *_ = _system(CoInitializeSecurity=_signed(TOO_LATE))
    system.enter()


@pytest.mark.parametrize("function", ["CoInitializeEx", "CoInitializeSecurity"])
def test_a_thread_that_cannot_enter_says_why(function: str) -> None:
    system, *_ = _system(**{function: _signed(DENIED)})
    with pytest.raises(WbemError, match="0x80070005"):
        system.enter()


def test_an_object_is_made_in_this_process_as_the_interface_that_is_wanted() -> None:
    system, ole32, _ = _system(CoCreateInstance=_put(77))
    class_id, interface_id = (
        "00000000-0000-0000-0000-000000000001",
        "00000000-0000-0000-0000-000000000002",
    )
    assert system.create(class_id, interface_id) == 77
    _, class_, outer, context, interface, _ = ole32.calls[0]
    assert (str(class_._obj), outer, context, str(interface._obj)) == (
        class_id, None, 1, interface_id,
    )  # fmt: skip
    assert isinstance(class_._obj, GUID)


def test_an_interface_is_sealed_and_acts_for_the_caller() -> None:
    system, ole32, _ = _system()
    system.protect(77)
    # RPC_C_AUTHN_WINNT, RPC_C_AUTHZ_NONE, PKT_PRIVACY, IMPERSONATE
    assert ole32.calls == [("CoSetProxyBlanket", 77, 10, 0, None, 6, 3, None, 0)]


def test_what_is_no_proxy_needs_no_seal() -> None:
    system, *_ = _system(CoSetProxyBlanket=_signed(NO_INTERFACE))
    system.protect(77)


def test_an_interface_that_cannot_be_sealed_is_refused() -> None:
    system, *_ = _system(CoSetProxyBlanket=_signed(DENIED))
    with pytest.raises(WbemError):
        system.protect(77)


def test_texts_are_handed_over_in_utf_16_with_their_length() -> None:
    system, _, oleaut32 = _system(SysAllocStringLen=5)
    assert system.new_text("a\0\U0001f600") == 5
    system.free_text(5)
    assert oleaut32.calls == [
        ("SysAllocStringLen", b"a\0\0\0\x3d\xd8\x00\xde", 4),
        ("SysFreeString", 5),
    ]


def test_what_there_is_no_memory_for_is_told() -> None:
    system, *_ = _system(SysAllocStringLen=None, SafeArrayCreateVector=None)
    with pytest.raises(MemoryError):
        system.new_text("a")
    with pytest.raises(MemoryError):
        system.new_array(3, 1)


def test_arrays_begin_at_zero_and_variants_are_cleared() -> None:
    system, _, oleaut32 = _system(SafeArrayCreateVector=6)
    assert system.new_array(8, 3) == 6
    variant = VARIANT()
    system.clear(variant)
    assert oleaut32.calls[0] == ("SafeArrayCreateVector", 8, 0, 3)
    assert oleaut32.calls[1][1]._obj is variant


def test_the_last_failure_is_taken_or_forgotten() -> None:
    system, _, oleaut32 = _system(GetErrorInfo=_put(9))
    assert system.take_error() == 9
    system.forget_error()
    assert [call[:2] for call in oleaut32.calls] == [("GetErrorInfo", 0), ("SetErrorInfo", 0)]
    quiet, *_ = _system()
    assert quiet.take_error() == 0


def test_the_libraries_of_windows_are_loaded_when_they_are_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: dict[str, Library] = {}

    def load(name: str) -> Library:
        loaded[name] = Library()
        return loaded[name]

    monkeypatch.setattr(ctypes, "WinDLL", load, raising=False)
    WindowsSystem().enter()
    assert sorted(loaded) == ["ole32", "oleaut32"]


@pytest.mark.parametrize("hresult", [0, 1, 0x40004])
def test_an_hresult_of_success_is_returned(hresult: int) -> None:
    assert succeeded(hresult) == hresult
