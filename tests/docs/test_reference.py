"""Whatever is exported has its place in the reference."""

import re
from pathlib import Path

import mi

_REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
_PLAIN = {"__version__"}


def test_every_exported_name_is_in_the_reference() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in _REFERENCE.glob("*.md"))
    documented = set(re.findall(r"auto\w+:: mi\.(\w+)", text))
    assert documented >= set(mi.__all__) - _PLAIN
