from __future__ import annotations

from typing import Any

import pytest

from mi.errors import MIError, NotFound, TypeMismatch
from protocols.loopback.calling import answer_of, call
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Invoked, Method


def test_a_method_is_answered_by_who_answers_for_the_class_or_an_ancestor() -> None:
    repository = sample_repository()
    process = repository.find_class("root/cimv2", "Win32_Process")
    create = process.methods["Create"]
    own, above = (lambda _: {"ReturnValue": 1}), (lambda _: {"ReturnValue": 2})
    repository.methods.clear()
    assert answer_of(repository, process, create) is None
    repository.on("CIM_Process", "Create", above)
    assert answer_of(repository, process, create) is above
    repository.on("Win32_Process", "create", own)
    assert answer_of(repository, process, create) is own


def test_what_comes_out_has_its_types_and_what_is_left_out_is_null() -> None:
    repository = sample_repository()
    process = repository.find_class("root/cimv2", "Win32_Process")
    invoked = Invoked(repository, None, {}, {})
    create = process.methods["Create"]
    found = call(lambda _: {"ReturnValue": 5}, invoked, process, create)
    assert dict(found) == {"ProcessId": None, "ReturnValue": 5}
    with pytest.raises(TypeMismatch):
        call(lambda _: {"ReturnValue": "x"}, invoked, process, create)


def _refuse(_: Invoked) -> dict[str, Any]:
    raise NotFound("nothing")


def test_what_fails_by_mistake_is_the_client_s_failure_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    repository = sample_repository()
    process = repository.find_class("root/cimv2", "Win32_Process")

    def ask(answer: Method) -> None:
        call(answer, Invoked(repository, None, {}, {}), process, process.methods["Create"])

    with pytest.raises(MIError, match=r"Win32_Process\.Create has failed: ZeroDivisionError"):
        ask(lambda _: {"ReturnValue": 1 // 0})
    assert "ZeroDivisionError" in caplog.text
    with pytest.raises(NotFound, match="nothing"):
        ask(_refuse)
    assert "NotFound" not in caplog.text, "it is no mistake"
    with pytest.raises(TypeMismatch, match="is answered by None, and not by a mapping"):
        ask(lambda _: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(TypeMismatch, match="nothing called 'ReturnValeu' comes out"):
        ask(lambda _: {"ReturnValeu": 1})


def test_names_of_what_comes_out_know_no_case() -> None:
    repository = sample_repository()
    process = repository.find_class("root/cimv2", "Win32_Process")
    create = process.methods["Create"]
    found = call(lambda _: {"returnvalue": 5}, Invoked(repository, None, {}, {}), process, create)
    assert found["ReturnValue"] == 5
