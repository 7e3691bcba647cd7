"""The parts of a fault; whole ones are the golden messages of test_fault.py."""

from protocols.wsman.fault import Fault
from protocols.wsman.fault_writing import write_fault


def test_a_subcode_in_an_unknown_namespace_is_written_without_a_prefix() -> None:
    assert "<s:Subcode><s:Value>Unheard</s:Value></s:Subcode>" in write_fault(
        Fault("Sender", "Unheard")
    )


def test_a_fault_without_details_has_no_element_for_them() -> None:
    assert write_fault(Fault("Sender", reason="1 < 2")) == (
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value></s:Code>"
        '<s:Reason><s:Text xml:lang="en-US">1 &lt; 2</s:Text></s:Reason></s:Fault>'
    )


def test_each_number_stands_inside_the_one_before_it_and_the_text_innermost() -> None:
    fault = Fault(message="Text.", wsman_codes=(1, 2), provider="A & B")
    written = write_fault(fault, machine="server01")
    assert written.index('Code="1" Machine="server01"') < written.index("A &amp; B")
    assert written.index("A &amp; B") < written.index('Code="2"') < written.index(">Text.<")
