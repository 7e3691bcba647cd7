"""What libraries log while they work for us, and what an error takes along."""

import logging
import threading
from contextvars import copy_context
from traceback import TracebackException

import pytest
import spnego

from mi.control import CancelToken, Expiry
from mi.errors import MIError
from protocols.network.bounds import Bounds
from protocols.network.errands import Errand
from protocols.security.discretion import Forgetting, discreet, forget

TOKENS = "spnego._ntlm"


def shown(error: BaseException) -> str:
    """Return a traceback as tools show it that show local variables."""
    return "".join(TracebackException.from_exception(error, capture_locals=True).format())


def first_token() -> None:
    spnego.client("ops", "pw", protocol="ntlm", options=spnego.NegotiateOptions.use_ntlm).step()


# Logs


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def test_a_logon_of_ours_is_not_logged_and_anybody_else_s_is(
    log: pytest.LogCaptureFixture,
) -> None:
    with discreet():
        first_token()
    assert not [one for one in log.records if one.name == TOKENS]
    first_token()
    assert [one for one in log.records if one.name == TOKENS]


def test_what_others_do_meanwhile_is_logged(log: pytest.LogCaptureFixture) -> None:
    with discreet():
        other = threading.Thread(target=first_token)
        other.start()
        other.join(60)
    assert [one for one in log.records if one.name == TOKENS]


def test_an_errand_of_ours_keeps_to_it(log: pytest.LogCaptureFixture) -> None:
    with discreet(), Bounds(Expiry.after(5, "timeout"), CancelToken(), 0) as bounds:
        Errand(first_token, "mi-test").result(bounds)
    assert not [one for one in log.records if one.name == TOKENS]


def test_it_ends_with_an_error_too(log: pytest.LogCaptureFixture) -> None:
    def fail() -> None:
        with discreet():
            raise LookupError

    with pytest.raises(LookupError):
        copy_context().run(fail)
    first_token()
    assert [one for one in log.records if one.name == TOKENS]


# Tracebacks


def know(password: str) -> None:
    raise ValueError("no")


def wrap(secret: str) -> None:
    try:
        know(secret)
    except ValueError as error:
        failure = error
    raise MIError("it failed") from failure


def meet(secret: str) -> None:
    try:
        wrap(secret)
    except MIError:
        know(secret)


@pytest.mark.parametrize("work", [know, wrap, meet])
def test_an_error_takes_no_variables_along_nor_does_what_led_to_it(work: object) -> None:
    def call() -> None:
        with Forgetting():
            work("hun" + "ter2")  # type: ignore[operator]

    with pytest.raises((ValueError, MIError)) as caught:
        call()
    told = shown(caught.value)
    assert "hunter2" not in told
    assert "in know" in told


def test_without_that_they_would() -> None:
    with pytest.raises(MIError) as caught:
        wrap("hun" + "ter2")
    assert "hunter2" in shown(caught.value)


def test_success_leaves_no_trace() -> None:
    with Forgetting():
        pass


def own_trouble() -> None:
    kept = "the caller's own"
    raise LookupError(len(kept))


def test_what_the_caller_was_handling_keeps_its_variables() -> None:
    def handle() -> None:
        try:
            own_trouble()
        except LookupError:
            with Forgetting():
                wrap("hun" + "ter2")

    with pytest.raises(MIError) as caught:
        handle()
    told, own = shown(caught.value), caught.value.__context__
    assert isinstance(own, LookupError)
    assert "the caller's own" in shown(own)
    assert "hunter2" not in told


def test_a_circle_of_errors_has_an_end() -> None:
    one, other = ValueError("one"), ValueError("other")
    one.__cause__, other.__cause__ = other, one
    forget(one)
    assert one.__cause__ is other


def test_an_error_without_a_hash_is_one_too() -> None:
    class Unhashable(Exception):
        __hash__ = None  # type: ignore[assignment]

    forget(Unhashable())
