"""Association filters, written by the one side and read by the other."""

import pytest

from mi.errors import ProtocolError
from mi.instance import Instance
from mi.options import ServerKind
from protocols.wsman.associations import Association
from protocols.wsman.dialects import DIALECTS
from protocols.wsman.references import ObjectName, write_parts
from tests.wsman.cases import answer

PARTS = write_parts(Instance("X_Thing", {"Name": "a<b"}), DIALECTS[ServerKind.WINRM3], "root/test")
NAME = ObjectName("X_Thing", "root/test", (("Name", "a<b"),))

CASES = [
    (Association(), f"<b:AssociatedInstances><b:Object>{PARTS}</b:Object></b:AssociatedInstances>"),
    (
        Association("X_Link", "Near", "X_Other", "Far"),
        (
            f"<b:AssociatedInstances><b:Object>{PARTS}</b:Object>"
            "<b:AssociationClassName>X_Link</b:AssociationClassName><b:Role>Near</b:Role>"
            "<b:ResultClassName>X_Other</b:ResultClassName><b:ResultRole>Far</b:ResultRole>"
            "</b:AssociatedInstances>"
        ),
    ),
    (
        Association(role="Near", result_class="X_Link", is_reference=True),
        (
            f"<b:AssociationInstances><b:Object>{PARTS}</b:Object><b:Role>Near</b:Role>"
            "<b:ResultClassName>X_Link</b:ResultClassName></b:AssociationInstances>"
        ),
    ),
]


@pytest.mark.parametrize(("association", "markup"), CASES)
def test_a_filter_has_its_elements_in_the_order_of_the_schema(
    association: Association, markup: str
) -> None:
    assert association.write(PARTS) == markup


@pytest.mark.parametrize(("association", "markup"), CASES)
def test_a_filter_is_read_with_the_object_that_it_names(
    association: Association, markup: str
) -> None:
    [filter_] = answer(f"<w:Filter>{markup}</w:Filter>").body
    assert Association.read(filter_) == (NAME, association)


@pytest.mark.parametrize(
    ("markup", "message"),
    [
        ("", "asks for neither"),
        ("<b:AssociatedInstances/>", "names no object"),
        ("<b:AssociationInstances><b:Object/></b:AssociationInstances>", "no resource URI"),
    ],
)
def test_a_filter_that_names_no_object_is_refused(markup: str, message: str) -> None:
    [filter_] = answer(f"<w:Filter>{markup}</w:Filter>").body
    with pytest.raises(ProtocolError, match=message):
        Association.read(filter_)
