import pytest

from protocols.meanings.numbers import NUMBERS
from protocols.wsman.fault_kinds import CLOSED, KEEPS_CONTEXT, QUOTAS, TIMEOUTS


@pytest.mark.parametrize(
    "name", ["OPERATION_TIMEDOUT", "QUOTA_MAX_OPERATIONS", "MAX_ENVELOPE_SIZE", "PULL_IN_PROGRESS"]
)
def test_what_refuses_the_request_alone_keeps_the_enumeration(name: str) -> None:
    assert NUMBERS[name] in KEEPS_CONTEXT


@pytest.mark.parametrize(
    "name", ["INVALID_ENUMERATION_CONTEXT", "PROVIDER_FAILURE", "ERROR_ACCESS_DENIED"]
)
def test_what_fails_the_enumeration_ends_it(name: str) -> None:
    assert NUMBERS[name] not in KEEPS_CONTEXT


def test_a_subscription_that_is_there_no_more_keeps_nothing() -> None:
    assert CLOSED.isdisjoint(KEEPS_CONTEXT)


def test_a_server_that_has_too_much_to_do_has_not_run_out_of_time() -> None:
    assert QUOTAS.isdisjoint(TIMEOUTS)
