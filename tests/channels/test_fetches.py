import pytest

from mi.control import CancelToken, Expiry
from mi.errors import OperationCancelled, OperationTimeout
from protocols.channels.fetches import Fetches

NEVER = Expiry()


def test_a_class_is_fetched_by_one_at_a_time_whatever_the_case_of_its_name() -> None:
    fetches = Fetches()
    with (
        fetches.only("root/cimv2", "Win32_Service", NEVER, CancelToken()),
        pytest.raises(OperationTimeout),
        fetches.only("ROOT/cimv2", "win32_SERVICE", Expiry.after(0.02, "timeout"), CancelToken()),
    ):
        pass


def test_who_waits_for_somebody_elses_fetch_can_be_cancelled() -> None:
    fetches, cancel = Fetches(), CancelToken()
    cancel.cancel()
    with (
        fetches.only("root/cimv2", "Win32_Service", NEVER, CancelToken()),
        pytest.raises(OperationCancelled),
        fetches.only("root/cimv2", "Win32_Service", NEVER, cancel),
    ):
        pass


def test_other_classes_and_namespaces_are_fetched_meanwhile() -> None:
    fetches, at_once = Fetches(), Expiry.at_once()
    with (
        fetches.only("root/cimv2", "Win32_Service", NEVER, CancelToken()),
        fetches.only("root/cimv2", "Win32_Process", at_once, CancelToken()),
        fetches.only("root/other", "Win32_Service", at_once, CancelToken()),
    ):
        pass


def test_a_fetch_that_fails_lets_the_next_one_try() -> None:
    fetches = Fetches()
    with pytest.raises(KeyError), fetches.only("root", "X", NEVER, CancelToken()):
        raise KeyError
    with fetches.only("root", "X", Expiry.at_once(), CancelToken()):
        pass
