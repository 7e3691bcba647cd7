"""What callbacks are told besides results, who answers, and who need not wait."""

import gc
import logging
import threading
from typing import Any

import pytest

from mi.callbacks import OperationCallbacks, Respond
from mi.control import Control
from mi.errors import InvalidParameter, OperationCancelled, OperationTimeout, TypeMismatch
from mi.events import Message, NonTerminatingError, Progress, Prompt, StreamedValue
from mi.instance import Instance
from mi.interaction import Interaction
from mi.options import OperationOptions
from mi.results import (
    CallbackMode,
    CimType,
    MessageChannel,
    OperationFlags,
    PromptType,
    ResponseType,
)

_PROMPT = Prompt("Delete it?", PromptType.NORMAL, "token")
_CRITICAL = Prompt("Format it?", PromptType.CRITICAL, "token")
_INSTANCE = Instance("MSFT_WmiError", {"Message": "it broke"})
_ERROR = NonTerminatingError(_INSTANCE, _PROMPT)
_NO, _YES = ResponseType.NO, ResponseType.YES


def _interaction(
    flags: OperationFlags = OperationFlags.DEFAULT,
    options: OperationOptions | None = None,
    timeout: float | None = 10,
    **callbacks: Any,
) -> Interaction:
    return Interaction(
        Control.begin(
            OperationOptions() if options is None else options,
            flags,
            timeout=timeout,
            callbacks=OperationCallbacks(**callbacks) if callbacks else None,
        )
    )


def _told(told: list[Any], response: ResponseType | None = None) -> Any:
    """Return a callback that notes what it is given, and answers if it can."""

    def callback(*arguments: Any) -> None:
        told.append(arguments)
        if arguments[-1] is not None and response is not None:
            arguments[-1](response)

    return callback


# Messages and progress


def test_a_message_of_an_enabled_channel_is_told() -> None:
    told: list[Any] = []
    interaction = _interaction(write_message=_told(told))
    for channel in (0, 1, 2, 3):
        assert interaction.tell(Message(channel, "hello")) is None
    assert told == [(0, "hello"), (1, "hello"), (2, "hello")]


def test_channels_are_enabled_and_disabled_by_number() -> None:
    told: list[Any] = []
    options = OperationOptions()
    options.disable_channel(MessageChannel.DEBUG)
    options.enable_channel(77)
    interaction = _interaction(options=options, write_message=_told(told))
    for channel in (1, 2, 77, 78):
        interaction.tell(Message(channel, "hello"))
    assert [channel for channel, _ in told] == [1, 77]


def test_progress_is_told_whole() -> None:
    told: list[Any] = []
    progress = Progress("Installing", "copying", "", 50, None)
    assert _interaction(write_progress=_told(told)).tell(progress) is None
    assert told == [(progress,)]


@pytest.mark.parametrize(
    "notice", [Message(0, "hello"), Progress("Installing"), StreamedValue("Out", CimType.UINT8, 1)]
)
def test_what_nobody_wants_to_be_told_is_dropped(notice: Any) -> None:
    assert _interaction().tell(notice) is None


def test_an_exception_in_a_callback_is_logged_and_breaks_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(channel: int, text: str) -> None:
        raise RuntimeError("the callback broke")

    with caplog.at_level(logging.ERROR, "mi.callbacks"):
        assert _interaction(write_message=fail).tell(Message(0, "hello")) is None
    assert "the callback broke" in caplog.text


def test_what_is_no_event_is_shown_as_the_mistake_it_is() -> None:
    with pytest.raises(TypeError, match="a run delivers events, not 'hello'"):
        _interaction().tell("hello")  # type: ignore[arg-type]


# Prompts


@pytest.mark.parametrize("response", list(ResponseType))
def test_every_answer_to_a_prompt_is_brought(response: ResponseType) -> None:
    told: list[Any] = []
    interaction = _interaction(prompt_user=_told(told, response))
    assert interaction.tell(_PROMPT) == (_PROMPT, response)
    assert told[0][:2] == ("Delete it?", PromptType.NORMAL)


def test_true_is_yes_and_false_is_no() -> None:
    def answer(message: str, kind: PromptType, respond: Any) -> None:
        respond(kind is PromptType.NORMAL)

    interaction = _interaction(prompt_user=answer)
    assert interaction.tell(_PROMPT) == (_PROMPT, _YES)
    assert interaction.tell(_CRITICAL) == (_CRITICAL, _NO)


def test_an_answer_may_come_later_and_from_any_thread() -> None:
    handed: list[Respond] = []
    interaction = _interaction(prompt_user=lambda message, kind, respond: handed.append(respond))
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(interaction.tell(_PROMPT)))
    asking.start()
    while not handed:
        threading.Event().wait(0.001)
    assert answers == []
    handed[0](_YES)
    asking.join(10)
    assert answers == [(_PROMPT, _YES)]


def test_a_prompt_is_answered_once_and_a_stale_answer_is_invalid_parameter() -> None:
    handed: list[Respond] = []

    def answer(message: str, kind: PromptType, respond: Respond) -> None:
        respond(_YES)
        with pytest.raises(InvalidParameter, match="nobody waits for this answer any more"):
            respond(_NO)
        handed.append(respond)

    interaction = _interaction(prompt_user=answer)
    assert interaction.tell(_PROMPT) == (_PROMPT, _YES)
    with pytest.raises(InvalidParameter):
        handed[0](_NO)


@pytest.mark.parametrize("wrong", [5, "yes", None])
def test_what_is_no_answer_is_a_type_mismatch_and_the_prompt_can_still_be_answered(
    wrong: Any,
) -> None:
    def answer(message: str, kind: PromptType, respond: Respond) -> None:
        with pytest.raises(TypeMismatch, match="an answer is a ResponseType"):
            respond(wrong)
        respond(_YES)

    assert _interaction(prompt_user=answer).tell(_PROMPT) == (_PROMPT, _YES)


def test_a_prompt_that_nobody_can_answer_any_more_is_answered_no() -> None:
    def forget(message: str, kind: PromptType, respond: Respond) -> None:
        """Look at the question alone."""

    assert _interaction(prompt_user=forget, timeout=None).tell(_PROMPT) == (_PROMPT, _NO)


def test_a_prompt_whose_callback_failed_is_answered_no() -> None:
    kept: list[Respond] = []

    def fail(message: str, kind: PromptType, respond: Respond) -> None:
        kept.append(respond)
        raise RuntimeError("the callback broke")

    assert _interaction(prompt_user=fail).tell(_PROMPT) == (_PROMPT, _NO)
    with pytest.raises(InvalidParameter):
        kept[0](_YES)


def test_an_answer_before_the_callback_failed_holds() -> None:
    def fail(message: str, kind: PromptType, respond: Respond) -> None:
        respond(_YES)
        raise RuntimeError("the callback broke")

    assert _interaction(prompt_user=fail).tell(_PROMPT) == (_PROMPT, _YES)


@pytest.mark.parametrize(("value", "response"), [(None, _YES), (True, _YES), (False, _NO)])
@pytest.mark.parametrize("mode", [CallbackMode.REPORT, CallbackMode.IGNORE])
def test_report_and_ignore_answer_by_themselves_with_the_value_that_was_chosen(
    mode: CallbackMode, value: bool | None, response: ResponseType
) -> None:
    told: list[Any] = []
    options = OperationOptions(prompt_user_mode=mode, prompt_user_regular_ack_value=value)
    interaction = _interaction(options=options, prompt_user=_told(told))
    assert interaction.tell(_PROMPT) == (_PROMPT, response)
    is_told = mode is CallbackMode.REPORT
    assert told == [("Delete it?", PromptType.NORMAL, None)] * is_told


@pytest.mark.parametrize("mode", list(CallbackMode))
def test_a_critical_prompt_is_asked_whatever_the_mode(mode: CallbackMode) -> None:
    told: list[Any] = []
    options = OperationOptions(prompt_user_mode=mode)
    interaction = _interaction(options=options, prompt_user=_told(told, _NO))
    assert interaction.tell(_CRITICAL) == (_CRITICAL, _NO)
    assert told[0][1] is PromptType.CRITICAL


def test_without_a_callback_a_prompt_is_answered_as_report_would() -> None:
    options = OperationOptions(prompt_user_regular_ack_value=False)
    assert _interaction().tell(_PROMPT) == (_PROMPT, _YES)
    assert _interaction(options=options).tell(_PROMPT) == (_PROMPT, _NO)


# Errors


def test_by_default_an_error_is_reported_and_the_operation_goes_on() -> None:
    told: list[Any] = []
    interaction = _interaction(write_error=_told(told))
    assert interaction.tell(_ERROR) == (_PROMPT, _YES)
    assert told == [(_INSTANCE, None)]


def test_an_error_is_inquired_about_if_the_mode_says_so() -> None:
    told: list[Any] = []
    options = OperationOptions(write_error_mode=CallbackMode.INQUIRE)
    interaction = _interaction(options=options, write_error=_told(told, ResponseType.NO_TO_ALL))
    assert interaction.tell(_ERROR) == (_PROMPT, ResponseType.NO_TO_ALL)
    assert told[0][1] is not None


def test_yes_to_all_switches_the_rest_of_the_operation_to_report() -> None:
    told: list[Any] = []
    options = OperationOptions(write_error_mode=CallbackMode.INQUIRE)
    interaction = _interaction(options=options, write_error=_told(told, ResponseType.YES_TO_ALL))
    assert interaction.tell(_ERROR) == (_PROMPT, ResponseType.YES_TO_ALL)
    assert interaction.tell(_ERROR) == (_PROMPT, _YES)
    assert [respond is None for _, respond in told] == [False, True]


def test_an_error_that_the_server_does_not_wait_for_is_told_without_an_answer() -> None:
    told: list[Any] = []
    options = OperationOptions(write_error_mode=CallbackMode.INQUIRE)
    interaction = _interaction(options=options, write_error=_told(told))
    assert interaction.tell(NonTerminatingError(_INSTANCE)) is None
    assert told == [(_INSTANCE, None)]


def test_ignored_errors_are_not_told() -> None:
    told: list[Any] = []
    options = OperationOptions(write_error_mode=CallbackMode.IGNORE)
    interaction = _interaction(options=options, write_error=_told(told))
    assert interaction.tell(_ERROR) == (_PROMPT, _YES)
    assert interaction.tell(NonTerminatingError(_INSTANCE)) is None
    assert told == []


# Streamed values


def test_a_streamed_value_comes_with_its_name_and_type() -> None:
    told: list[Any] = []
    part = StreamedValue("Output", CimType.STRING, "a line")
    assert _interaction(streamed_parameter_result=_told(told)).tell(part) is None
    assert told == [("Output", CimType.STRING, "a line", None)]


def test_with_manual_acknowledgement_the_operation_waits_until_a_streamed_value_is_dealt_with() -> (
    None
):
    handed: list[Any] = []
    interaction = _interaction(
        OperationFlags.MANUAL_ACK_RESULTS,
        streamed_parameter_result=lambda *arguments: handed.append(arguments[-1]),
    )
    part = StreamedValue("Output", CimType.STRING, "a line")
    waiting = threading.Thread(target=interaction.tell, args=(part,))
    waiting.start()
    while not handed:
        threading.Event().wait(0.001)
    assert waiting.is_alive()
    handed[0]()
    handed[0]()
    waiting.join(10)
    assert not waiting.is_alive()


def test_dropping_a_streamed_value_unacknowledged_acknowledges_it() -> None:
    interaction = _interaction(
        OperationFlags.MANUAL_ACK_RESULTS,
        timeout=None,
        streamed_parameter_result=lambda *arguments: None,
    )
    assert interaction.tell(StreamedValue("Output", CimType.STRING, "a line")) is None
    gc.collect()


# Ends


def test_waiting_for_an_answer_is_bounded_by_the_operation() -> None:
    kept: list[Respond] = []
    interaction = _interaction(
        timeout=0.05, prompt_user=lambda message, kind, respond: kept.append(respond)
    )
    with pytest.raises(OperationTimeout, match=r"0\.05 s passed while waiting for the answer of a"):
        interaction.tell(_PROMPT)
    with pytest.raises(InvalidParameter):
        kept[0](_YES)


def test_cancelling_ends_the_wait_for_an_answer() -> None:
    kept: list[Respond] = []
    control = Control.begin(
        OperationOptions(),
        callbacks=OperationCallbacks(
            prompt_user=lambda message, kind, respond: kept.append(respond)
        ),
    )
    canceller = threading.Timer(0.01, control.cancel.cancel)
    canceller.start()
    with pytest.raises(OperationCancelled):
        Interaction(control).tell(_PROMPT)
    canceller.join(10)
    with pytest.raises(InvalidParameter):
        kept[0](_YES)
