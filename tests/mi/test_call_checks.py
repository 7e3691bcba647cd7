"""What the arguments of calls have to be."""

from typing import Any

import pytest

from mi.call_checks import (
    check_instance,
    check_names,
    check_text,
    copy_of_delivery,
    copy_of_parameters,
)
from mi.errors import InvalidParameter, TypeMismatch
from mi.instance import Instance
from mi.options import SubscriptionDeliveryOptions


def test_an_instance_is_one_and_the_message_names_the_argument_that_is_not() -> None:
    check_instance(key=Instance("Win32_Service"))
    with pytest.raises(TypeMismatch, match="the key is an Instance, not 'Spooler'"):
        check_instance(instance=Instance("Win32_Service"), key="Spooler")  # type: ignore[arg-type]


def test_names_are_legal_and_each_may_be_left_out() -> None:
    check_names("role", None, "Antecedent", None)
    with pytest.raises(InvalidParameter, match="'a b' is not a legal role"):
        check_names("role", "Antecedent", "a b")


@pytest.mark.parametrize("given", [None, 7, b"SELECT"])
def test_text_is_a_string(given: Any) -> None:
    with pytest.raises(TypeMismatch, match="a dialect is a string, not"):
        check_text(query="SELECT", dialect=given)


def test_text_says_something() -> None:
    check_text(query="SELECT")
    with pytest.raises(InvalidParameter, match="the query is empty"):
        check_text(query=" \t")


def test_parameters_are_copied_as_what_they_are() -> None:
    assert copy_of_parameters(None) is None
    assert copy_of_parameters({"Force": True}) == {"Force": True}
    typed = Instance("Parameters", {"Force": True})
    copied = copy_of_parameters(typed)
    assert isinstance(copied, Instance)
    assert copied is not typed
    assert copied == typed


@pytest.mark.parametrize("given", [["Force"], 7, "Force"])
def test_parameters_are_a_mapping(given: Any) -> None:
    with pytest.raises(TypeMismatch, match="a mapping of names to values"):
        copy_of_parameters(given)


def test_the_names_of_parameters_are_legal() -> None:
    with pytest.raises(InvalidParameter, match="is not a legal parameter name"):
        copy_of_parameters({"For ce": True})


def test_delivery_options_are_copied_and_may_be_left_out() -> None:
    given = SubscriptionDeliveryOptions(maximum_latency=5)
    copied = copy_of_delivery(given)
    assert copied is not None
    assert copied is not given
    assert copied.maximum_latency == 5
    assert copy_of_delivery(None) is None


def test_delivery_options_are_nothing_else() -> None:
    with pytest.raises(TypeMismatch, match="delivery is SubscriptionDeliveryOptions, not 5"):
        copy_of_delivery(5)  # type: ignore[arg-type]
