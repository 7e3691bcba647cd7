"""The options by which a caller says what it wants to be told, and asked."""

from typing import Any

import pytest

from mi.errors import InvalidParameter, TypeMismatch
from mi.options import OperationOptions
from mi.results import CallbackMode, MessageChannel


@pytest.mark.parametrize("name", ["write_error_mode", "prompt_user_mode"])
def test_a_mode_is_one_of_mis_by_name_or_number(name: str) -> None:
    options = OperationOptions(**{name: CallbackMode.INQUIRE})  # type: ignore[misc]
    assert getattr(options, name) is CallbackMode.INQUIRE
    setattr(options, name, 2)
    assert getattr(options, name) is CallbackMode.IGNORE
    setattr(options, name, None)
    assert getattr(options, name) is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("INQUIRE", TypeMismatch),
        (True, TypeMismatch),
        (3, InvalidParameter),
        (-1, InvalidParameter),
    ],
)
def test_what_is_no_mode_is_refused(value: Any, kind: Any) -> None:
    with pytest.raises(kind, match="write_error_mode is"):
        OperationOptions(write_error_mode=value)


def test_the_answer_to_what_nobody_is_asked_is_true_or_false() -> None:
    assert OperationOptions(prompt_user_regular_ack_value=False).prompt_user_regular_ack_value is (
        False
    )
    with pytest.raises(TypeMismatch):
        OperationOptions(prompt_user_regular_ack_value=1)  # type: ignore[arg-type]


def test_the_three_channels_of_mi_are_enabled_until_somebody_says_otherwise() -> None:
    options = OperationOptions()
    assert options.enabled_channels is None
    options.disable_channel(MessageChannel.VERBOSE)
    assert options.enabled_channels == {MessageChannel.WARNING, MessageChannel.DEBUG}
    options.enable_channel(77)
    options.disable_channel(78)
    assert options.enabled_channels == {0, 2, 77}
    assert OperationOptions(enabled_channels=[1, 1]).enabled_channels == {1}
    assert OperationOptions(enabled_channels=()).enabled_channels == set()


@pytest.mark.parametrize(
    ("value", "kind"), [(1, TypeMismatch), (["1"], TypeMismatch), ([-1], InvalidParameter)]
)
def test_what_are_no_channels_is_refused(value: Any, kind: Any) -> None:
    with pytest.raises(kind):
        OperationOptions(enabled_channels=value)


@pytest.mark.parametrize(("channel", "kind"), [("1", TypeMismatch), (-1, InvalidParameter)])
def test_what_is_no_channel_is_not_enabled(channel: Any, kind: Any) -> None:
    options = OperationOptions()
    with pytest.raises(kind):
        options.enable_channel(channel)
    assert options.enabled_channels is None


def test_a_copy_has_channels_of_its_own() -> None:
    options = OperationOptions(enabled_channels={1})
    twin = options.copy()
    twin.enable_channel(2)
    assert options.enabled_channels == {1}
