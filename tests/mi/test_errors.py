"""The errors: one tree, the builtins one would catch, and values that pickle and copy."""

import copy
import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

import mi.errors
from mi.errors import AuthenticationFailed, MIError, NotFound, error_for
from mi.instance import Instance
from mi.results import CATEGORY_OF_RESULT, ErrorCategory, Result

_CLASSES = [getattr(mi.errors, name) for name in mi.errors.__all__ if name != "error_for"]

# result -> class; the other results have no class of their own.
_CLASS_OF_RESULT = {
    Result.ACCESS_DENIED: mi.errors.AccessDenied,
    Result.INVALID_NAMESPACE: mi.errors.InvalidNamespace,
    Result.INVALID_PARAMETER: mi.errors.InvalidParameter,
    Result.INVALID_CLASS: mi.errors.InvalidClass,
    Result.NOT_FOUND: mi.errors.NotFound,
    Result.NOT_SUPPORTED: mi.errors.NotSupported,
    Result.ALREADY_EXISTS: mi.errors.AlreadyExists,
    Result.NO_SUCH_PROPERTY: mi.errors.NoSuchProperty,
    Result.TYPE_MISMATCH: mi.errors.TypeMismatch,
    Result.QUERY_LANGUAGE_NOT_SUPPORTED: mi.errors.InvalidQuery,
    Result.INVALID_QUERY: mi.errors.InvalidQuery,
    Result.METHOD_NOT_FOUND: mi.errors.MethodNotFound,
    Result.INVALID_ENUMERATION_CONTEXT: mi.errors.InvalidEnumerationContext,
    Result.INVALID_OPERATION_TIMEOUT: mi.errors.InvalidOperationTimeout,
    Result.SERVER_LIMITS_EXCEEDED: mi.errors.LimitsExceeded,
}

_FACTS = {
    "result": Result.ACCESS_DENIED,
    "category": ErrorCategory.SECURITY_ERROR,
    "native_code": 0x80070005,
    "native_type": "WIN32",
    "advice": "Ask for the right.",
    "host": "server01",
    "operation": "Invoke",
    "outcome_unknown": True,
}


@pytest.mark.parametrize(
    ("kind", "builtin"),
    [
        (mi.errors.InvalidParameter, ValueError),
        (mi.errors.InvalidOperationTimeout, ValueError),
        (mi.errors.TypeMismatch, ValueError),
        (mi.errors.NoSuchProperty, KeyError),
        (mi.errors.NotSupported, NotImplementedError),
        (mi.errors.AccessDenied, PermissionError),
        (mi.errors.AuthenticationFailed, PermissionError),
        (mi.errors.NotFound, LookupError),
        (mi.errors.InvalidNamespace, LookupError),
        (mi.errors.InvalidClass, LookupError),
        (mi.errors.MethodNotFound, LookupError),
        (mi.errors.InvalidQuery, ValueError),
        (mi.errors.ConnectionFailed, ConnectionError),
        (mi.errors.CertificateRejected, ConnectionError),
        (mi.errors.OperationTimeout, TimeoutError),
    ],
)
def test_an_error_is_also_caught_as_the_builtin_that_a_python_user_would_catch(
    kind: type[MIError], builtin: type[Exception]
) -> None:
    with pytest.raises(builtin) as caught:
        raise kind("it went wrong")
    assert isinstance(caught.value, MIError)
    assert str(caught.value) == "it went wrong"


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    tree = (mi.errors.__doc__ or "").splitlines()
    drawn = {line.split("── ")[1].split()[0] for line in tree if "── " in line}
    assert drawn == {kind.__name__ for kind in _CLASSES} - {"MIError"}
    for line in tree:
        if match := re.match(r"    (?:│   )?[├└]── (\w+) +(\w+Error) ", line):
            builtins = {base.__name__ for base in getattr(mi.errors, match[1]).__mro__}
            assert match[2] in builtins


@pytest.mark.parametrize("kind", _CLASSES)
@pytest.mark.parametrize(
    "again",
    [
        copy.copy,
        copy.deepcopy,
        *(
            lambda error, protocol=protocol: pickle.loads(pickle.dumps(error, protocol))
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
        ),
    ],
)
def test_every_error_pickles_and_copies_with_all_its_facts(
    kind: type[MIError], again: Callable[[MIError], MIError]
) -> None:
    own = Instance("MSFT_WmiError", {"Message": "the server's own"})
    error = kind("no", extended_error=own, **_FACTS)
    error.add_note("seen before")
    twin = again(error)
    assert type(twin) is kind
    assert (str(twin), repr(twin)) == (str(error), repr(error))
    assert {name: getattr(twin, name) for name in _FACTS} == _FACTS
    assert twin.message == "no"
    assert twin.extended_error == own
    assert twin.__notes__ == ["seen before"]


def test_an_error_says_where_it_happened_and_what_to_do() -> None:
    error = NotFound("no such service", host="server01", operation="GetInstance", advice="Look.")
    assert str(error) == "server01: GetInstance: no such service. Look."


@pytest.mark.parametrize("end", [".", "!", "?", ":"])
def test_advice_follows_a_whole_sentence(end: str) -> None:
    assert str(MIError(f"it failed{end}", advice="Try again.")) == f"it failed{end} Try again."


def test_an_error_of_this_machine_names_no_host() -> None:
    assert str(MIError("it failed")) == "it failed"
    assert str(MIError("it failed", operation="GetClass")) == "GetClass: it failed"


def test_a_repr_tells_class_message_and_result() -> None:
    assert repr(NotFound("gone")) == "NotFound('gone', result=<Result.NOT_FOUND: 6>)"


def test_the_place_of_an_error_is_filled_in_once() -> None:
    error = MIError("it failed", operation="Pull")
    assert error.located("server01", "QueryInstances") is error
    assert (error.host, error.operation) == ("server01", "Pull")
    error.located("server02", None)
    assert error.host == "server01"


@pytest.mark.parametrize("result", list(Result))
def test_each_result_has_its_error(result: Result) -> None:
    error = error_for(result, "no")
    assert type(error) is _CLASS_OF_RESULT.get(result, MIError)
    expected = result or Result.FAILED
    assert error.result is expected
    assert error.category is CATEGORY_OF_RESULT[expected]


def test_a_failure_that_calls_itself_ok_is_failed() -> None:
    assert error_for(Result.OK, "odd").result is Result.FAILED


@pytest.mark.parametrize(
    ("result", "category", "kind"),
    [
        (Result.FAILED, ErrorCategory.OPERATION_TIMEOUT, mi.errors.OperationTimeout),
        (Result.FAILED, ErrorCategory.OPERATION_STOPPED, mi.errors.OperationCancelled),
        (Result.FAILED, ErrorCategory.CONNECTION_ERROR, mi.errors.ConnectionFailed),
        (Result.FAILED, ErrorCategory.PROTOCOL_ERROR, mi.errors.ProtocolError),
        (Result.FAILED, ErrorCategory.AUTHENTICATION_ERROR, mi.errors.AuthenticationFailed),
        (Result.ACCESS_DENIED, ErrorCategory.AUTHENTICATION_ERROR, mi.errors.AuthenticationFailed),
        (Result.ACCESS_DENIED, ErrorCategory.PROTOCOL_ERROR, mi.errors.AccessDenied),
        (Result.NOT_FOUND, ErrorCategory.OPERATION_TIMEOUT, mi.errors.NotFound),
        (Result.FAILED, ErrorCategory.QUOTA_EXCEEDED, MIError),
    ],
)
def test_a_category_tells_apart_what_a_wide_result_does_not(
    result: Result, category: ErrorCategory, kind: type[MIError]
) -> None:
    error = error_for(result, "no", category=category)
    assert (type(error), error.result, error.category) == (kind, result, category)


def test_the_facts_reach_the_error() -> None:
    error = error_for(Result.ACCESS_DENIED, "no", **{k: _FACTS[k] for k in _FACTS if k != "result"})
    assert {name: getattr(error, name) for name in _FACTS} == _FACTS


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        (mi.errors.OperationTimeout, ErrorCategory.OPERATION_TIMEOUT),
        (mi.errors.OperationCancelled, ErrorCategory.OPERATION_STOPPED),
    ],
)
def test_timeout_and_cancellation_exist_although_mi_has_no_code_for_them(
    kind: type[MIError], category: ErrorCategory
) -> None:
    error = kind("no")
    assert (error.result, error.category) == (Result.FAILED, category)


def test_a_refused_login_is_access_denied_with_a_category_of_its_own() -> None:
    error = AuthenticationFailed("no")
    assert error.result is Result.ACCESS_DENIED
    assert error.category is ErrorCategory.AUTHENTICATION_ERROR


def test_the_extended_error_is_the_servers_own_where_it_sent_one() -> None:
    own = Instance("OMI_Error", {"Message": "mine"})
    assert MIError("it failed", extended_error=own).extended_error is own


def test_the_extended_error_is_made_from_the_facts_where_the_server_sent_none() -> None:
    error = NotFound("gone")
    made = error.extended_error
    assert isinstance(made, Instance)
    assert made["Message"] == "gone"
    assert error.extended_error is made


def test_an_extended_error_is_an_ordinary_instance_that_survives_pickling() -> None:
    error: Any = pickle.loads(pickle.dumps(NotFound("gone")))
    assert error.extended_error["CIMStatusCode"] == 6
    again = pickle.loads(pickle.dumps(error.extended_error))
    assert again == error.extended_error


def test_what_a_protocol_error_quotes_is_printable_and_short() -> None:
    error = mi.errors.ProtocolError("it says \x1b[31m\u202e and " + "x" * 10_000 + " instead of y")
    assert error.message.startswith("it says \ufffd[31m\ufffd and xx")
    assert error.message.endswith("xx instead of y")
    assert len(error.message) < 520
    assert pickle.loads(pickle.dumps(error)).message == error.message
