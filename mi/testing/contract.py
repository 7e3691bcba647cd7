"""The contract of `mi.handler`, as tests that pytest collects from a class derived from theirs."""

from __future__ import annotations

import pickle
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, cast

from mi.callbacks import OperationCallbacks, Respond
from mi.calls import Call, Invoke
from mi.control import CancelToken, Expiry
from mi.errors import MIError, NotSupported, OperationTimeout
from mi.handler import Run
from mi.indication import Indication
from mi.instance import Instance
from mi.method_result import MethodResult
from mi.results import OperationFlags, PromptType, ResponseType, Result
from mi.schema import Class
from mi.testing.capabilities import Attempt, Capabilities, check, failure, offered, values_of

__all__ = ["HandlerContract"]

_KINDS: Final = {
    "instance_result": Instance,
    "class_result": Class,
    "indication_result": Indication,
}


@dataclass(frozen=True, slots=True)
class _UnheardOf(Call[Instance]):
    """A call for which no handler has a row."""


class HandlerContract(Capabilities):
    """What any handler must do; derive a test class from it, and say there what yours can.

    Each method that is no test is a question; at least `handler` and `calls` must be answered.
    """

    # Starting

    def test_it_touches_no_network_before_the_first_batch(self) -> None:
        """What cannot be reached shows with the first batch, as an error of the library."""
        channel = self._open(*offered(self.unreachable(), "destination where nothing answers"))
        try:
            run = self._run(channel, self._some_call())
            failure(partial(values_of, run), "what cannot be reached")
            run.close()
        finally:
            channel.close(Expiry.of_grace())

    def test_a_call_that_it_does_not_know_is_not_supported(self) -> None:
        """A kind of call for which there is no row is refused when it starts."""
        with self._channel() as channel:
            error = failure(partial(self._run, channel, _UnheardOf()), "an unheard-of call")
            check(isinstance(error, NotSupported), f"it is NotSupported, not {error!r}")

    # Results

    def test_each_call_gives_results_of_its_kind(self) -> None:
        """Batches are lists of events, items hold what the call promises, and None ends."""
        with self._channel() as channel:
            for call in self._finite_calls():
                values = values_of(self._run(channel, call))
                kind = _kind(call)
                for value in values:
                    fits = isinstance(value, kind) or (call.optional and value is None)
                    check(fits, f"{call.operation} gives {kind.__name__}, not {value!r}")
                allowed = (0, 1) if call.optional else (1,)
                is_right = not call.unary or len(values) in allowed
                check(is_right, f"{call.operation} gives one result, not {len(values)}")

    def test_each_call_works_in_a_session_read_or_delivered(self) -> None:
        """What is read, and what a callback is given, is the same in number."""
        with self._session() as session:
            for call, twin in zip(self._finite_calls(), self._finite_calls(), strict=True):
                read, delivered = self._read(session, call), self._delivered(session, twin)
                told = f"{call.operation}: {len(read)} results read, {len(delivered)} delivered"
                check(len(read) == len(delivered), told)

    def test_flags_that_nobody_knows_are_ignored(self) -> None:
        """Unknown bits of the flags make no difference."""
        with self._channel() as channel:
            values_of(self._run(channel, self._some_call(), flags=OperationFlags(1 << 30)))

    def test_results_outlive_the_channel(self) -> None:
        """A result is a value: it can be pickled after everything is closed."""
        with self._channel() as channel:
            results = [values_of(self._run(channel, call)) for call in self._finite_calls()]
        twins = pickle.loads(pickle.dumps(results))  # noqa: S301 - they were pickled just now
        check(list(map(len, twins)) == list(map(len, results)), "results can be pickled")

    def test_operations_share_a_channel_from_several_threads(self) -> None:
        """Four threads at once get what one alone gets."""
        call = self._some_call()
        with self._channel() as channel:
            alone = len(values_of(self._run(channel, call)))
            attempts = [Attempt(lambda: len(values_of(self._run(channel, call)))) for _ in range(4)]
            together = [attempt.result(self.patience) for attempt in attempts]
        check(together == [alone] * 4, f"each of four threads gets {alone} results: {together}")

    # Errors

    def test_a_refusal_is_an_error_of_the_library_and_disturbs_nothing(self) -> None:
        """It has a result and a CIM_Error, can be pickled, and shows no password."""
        call = offered(self.failing_call(), "call that the server refuses")
        with self._channel() as channel:
            run = self._run(channel, call)
            error = failure(partial(values_of, run), f"{call.operation}, which is refused,")
            run.close()
            check(error.result is not Result.OK, "an error has a result other than OK")
            twin: MIError = pickle.loads(pickle.dumps(error))  # noqa: S301 - as above
            says = twin.extended_error["CIMStatusCode"] == error.extended_error["CIMStatusCode"]
            check(says, "its CIM_Error outlives pickling")
            self._check_secrets(str(error), repr(error), repr(channel))
            values_of(self._run(channel, self._some_call()))

    # Leaving

    def test_leaving_half_way_releases_what_is_open(self) -> None:
        """`close` releases on the server what a run has open there."""
        with self._channel() as channel:
            self._half_way(channel).close()
            self._check_released("what was closed half-way is released")

    def test_a_dropped_run_is_released_with_the_next_exchange(self) -> None:
        """`drop` hands what is open to the channel, which releases it when it is next used."""
        with self._channel() as channel:
            self._half_way(channel).drop()
            values_of(self._run(channel, self._some_call()))
            self._check_released("what was dropped is released with the next exchange")

    def test_a_dropped_run_is_released_when_the_channel_closes(self) -> None:
        """Where there is no next exchange, the end of the channel releases it."""
        with self._channel() as channel:
            self._half_way(channel).drop()
        self._check_released("what was dropped is released when the channel closes")

    def test_a_channel_may_be_closed_twice_and_a_run_after_it(self) -> None:
        """What comes after the end of the channel sends nothing, and is no failure."""
        with self._channel() as channel:
            run = self._run(channel, self._some_call())
            run.next_batch()
            channel.close(Expiry.of_grace())
            channel.close(Expiry.at_once())
            run.close()

    def test_a_call_without_end_ends_when_it_is_cancelled(self) -> None:
        """It is released then, like any other."""
        endless = [call for call in self.calls() if call.endless]
        offered(endless or None, "call without end")
        with self._channel() as channel:
            for call in endless:
                with self._cancelled_soon() as cancel:
                    run = self._run(channel, call, cancel=cancel)
                    self._failure_in_time(run, f"{call.operation}, which is cancelled,")
                run.close()
            self._check_released("what has no end is released when it is left")

    # Stopping

    def test_what_was_cancelled_before_it_began_ends_at_once(self) -> None:
        """The first batch of a cancelled operation is its error."""
        with self._channel() as channel:
            cancel = CancelToken()
            cancel.cancel()
            run = self._run(channel, self._some_call(), cancel=cancel)
            self._failure_in_time(run, "what was cancelled before it began")
            run.close()

    def test_a_cancel_from_another_thread_ends_a_wait(self) -> None:
        """A silent server keeps nobody who cancels; and then the channel works as before."""
        with self._channel() as channel:
            with self._silence(), self._cancelled_soon() as cancel:
                run = self._run(channel, self._some_call(), cancel=cancel)
                self._failure_in_time(run, "what was cancelled")
            run.close()
            values_of(self._run(channel, self._some_call()))

    def test_a_time_limit_ends_a_wait_and_says_which_it_was(self) -> None:
        """A silent server keeps nobody beyond `timeout` or `deadline`."""
        with self._channel() as channel:
            for limit in ("timeout", "deadline"):
                with self._silence():
                    terms: dict[str, Any] = {limit: self.moment}
                    run = self._run(channel, self._some_call(), **terms)
                    error = self._failure_in_time(run, f"a {limit} that passed")
                check(isinstance(error, OperationTimeout), f"it is a time-out, not {error!r}")
                check(limit in error.message, f"it says which limit passed: {error.message}")
                run.close()
            values_of(self._run(channel, self._some_call()))

    def test_a_channel_closes_on_time_though_its_server_is_silent(self) -> None:
        """Its connections go, and with them whoever still waits."""
        with self._channel() as channel, self._silence():
            cancel = CancelToken()
            run = self._run(channel, self._some_call(), cancel=cancel)
            waiting = Attempt(partial(failure, partial(values_of, run), "what was cancelled"))
            waiting.wait(self.moment)
            cancel.cancel()
            self._in_time(partial(channel.close, Expiry.after(self.moment, "grace")))
            waiting.result(self.patience)

    def _failure_in_time(self, run: Run, what: str) -> MIError:
        return failure(partial(self._in_time, partial(values_of, run)), what)

    def _silence(self) -> AbstractContextManager[object]:
        return offered(self.silence(), "server that falls silent")

    # Asking

    def test_prompts_are_delivered_and_answers_brought(self) -> None:
        """A provider's question reaches `prompt_user`, and the answer the provider."""
        call = offered(self.prompting_call(), "call that asks something")
        asked: list[str] = []

        def prompt_user(message: str, kind: PromptType, respond: Respond | None) -> None:
            asked.append(f"{kind.name}: {message}")
            cast("Respond", respond)(ResponseType.YES)  # it is given, as no option says otherwise

        with self._session() as session:
            callbacks = OperationCallbacks(prompt_user=prompt_user)
            session.run(call, callbacks=callbacks, timeout=self.patience).all()
        check(bool(asked), f"{call.operation} asks something")


def _kind(call: Call[Any]) -> type[Any]:
    return MethodResult if isinstance(call, Invoke) else _KINDS[call.result_callback]
