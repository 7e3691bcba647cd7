from mi.errors import NotFound
from mi.instance import Instance
from mi.results import ErrorCategory
from protocols.wsman.retelling import retold


def test_an_error_in_other_words_is_the_same_error() -> None:
    own = Instance("MSFT_WmiError")
    first = NotFound(
        "Gone.", category=ErrorCategory.RESOURCE_UNAVAILABLE, native_code=5, native_type="WIN32",
        advice="Look.", extended_error=own,
    )  # fmt: skip
    again = retold(first, "It is gone.", "Look elsewhere.")
    assert (type(again), again.result, again.category) == (NotFound, first.result, first.category)
    assert (again.native_code, again.native_type) == (5, "WIN32")
    assert (again.message, again.advice) == ("It is gone.", "Look elsewhere.")
    assert again.extended_error is own
