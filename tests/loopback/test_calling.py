from __future__ import annotations

import pytest

from mi.errors import TypeMismatch
from protocols.loopback.calling import answer_of, call
from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Invoked


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
