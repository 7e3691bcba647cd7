"""Ids of messages: UUIDs of chance, as Windows writes them."""

import re

from protocols.winrm.identifiers import new_id

FORM = re.compile(r"uuid:[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[89AB][0-9A-F]{3}-[0-9A-F]{12}")


def test_an_id_is_a_uuid_in_capitals() -> None:
    assert FORM.fullmatch(new_id())


def test_no_id_comes_twice_and_each_variant_comes() -> None:
    ids = {new_id() for _ in range(200)}
    assert len(ids) == 200
    assert {one[24] for one in ids} == set("89AB")
