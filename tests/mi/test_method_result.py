"""What a method gave back, and what is made of its return value."""

import pickle
from typing import Any

import pytest

from mi.errors import MethodFailed, MIError
from mi.method_result import MethodResult
from mi.names import NameMap
from mi.results import ErrorCategory, Result


def test_output_parameters_are_found_without_case() -> None:
    result = MethodResult(0, NameMap([("ProcessId", 4711)]))
    assert result.out["processid"] == 4711
    assert list(result.out) == ["ProcessId"]


def test_a_return_value_other_than_0_is_a_result_not_an_error() -> None:
    assert MethodResult(10).return_value == 10


def test_check_raises_it_with_its_meaning() -> None:
    result = MethodResult(10, NameMap(), "Win32_Service.StartService", "Service Already Running")
    with pytest.raises(MethodFailed) as caught:
        result.check()
    error = caught.value
    assert str(error) == "Win32_Service.StartService returned 10: Service Already Running"
    assert (error.result, error.native_code) == (Result.FAILED, 10)
    assert error.category is ErrorCategory.INVALID_RESULT
    assert isinstance(error, MIError)


def test_check_says_the_number_alone_where_the_class_does_not_say_what_it_means() -> None:
    with pytest.raises(MethodFailed, match=r"the method returned -1$"):
        MethodResult(-1).check()


@pytest.mark.parametrize("value", [0, None, True, False, "5", "one hundred", 0.5])
def test_check_returns_the_result_if_it_is_0_or_no_number(value: Any) -> None:
    result = MethodResult(value)
    assert result.check() is result


@pytest.mark.parametrize("text", ["2", " 4096 ", "-1"])
def test_check_reads_the_number_where_the_server_gives_no_types(text: str) -> None:
    with pytest.raises(MethodFailed) as caught:
        MethodResult(text, is_typed=False).check()
    assert caught.value.native_code == int(text)


@pytest.mark.parametrize("text", ["0", "", "none", "1" * 5000, None])
def test_check_reads_nothing_else_there(text: str | None) -> None:
    assert MethodResult(text, is_typed=False).check()


def test_a_result_pickles() -> None:
    result = MethodResult(0, NameMap([("ProcessId", 4711)]), "Win32_Process.Create", "Success")
    assert pickle.loads(pickle.dumps(result)).out["ProcessId"] == 4711


@pytest.mark.parametrize("meaning", ["Access Denied", "access denied", "Access is denied."])
def test_a_method_that_was_denied_something_may_have_reached_for_another_host(meaning: str) -> None:
    with pytest.raises(MethodFailed) as caught:
        MethodResult(2, method="Win32_Process.Create", meaning=meaning).check()
    advice = str(caught.value.advice)
    assert advice.startswith("If Win32_Process.Create reaches for another host, such as a share")
    assert "CredSSP" in advice


@pytest.mark.parametrize("meaning", [None, "Path not found"])
def test_there_is_no_advice_on_a_failure_that_only_the_method_knows(meaning: str | None) -> None:
    with pytest.raises(MethodFailed) as caught:
        MethodResult(9, meaning=meaning).check()
    assert caught.value.advice is None
