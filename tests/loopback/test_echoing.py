"""The methods of the class that has every type."""

from typing import Any

import pytest

from protocols.loopback.population import sample_repository
from protocols.loopback.repository import Invoked


def called(name: str, **given: Any) -> Any:
    repository = sample_repository()
    answer = repository.methods["loopback_alltypes", name.lower()]
    return answer(Invoked(repository, None, given, {}))


def test_what_goes_in_comes_out() -> None:
    assert called("Echo", Uint8Value=7, StringArray=["a"]) == {
        "Uint8Value": 7, "StringArray": ["a"], "ReturnValue": 0,
    }  # fmt: skip


@pytest.mark.parametrize(("given", "code"), [({"Code": 5}, 5), ({"Code": None}, 0), ({}, 0)])
def test_a_return_value_can_be_asked_for(given: dict[str, Any], code: int) -> None:
    assert called("Fail", **given) == {"ReturnValue": code}
    assert called("Nothing") == {"ReturnValue": 0}


@pytest.mark.parametrize(("number", "text"), [(407, "four zero seven"), (None, "zero")])
def test_a_return_value_may_be_text(number: int | None, text: str) -> None:
    assert called("Spell", Number=number) == {"ReturnValue": text}
