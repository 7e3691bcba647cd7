"""The parts of a fault; whole ones are the golden messages of test_fault.py."""

from mi.instance import Instance
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


def test_details_stand_in_the_order_of_windows() -> None:
    fault = Fault(
        "Sender", "w:InvalidSelectors", "UnexpectedSelectors", "No.", "Text.", (5,), "WMI Provider",
        Instance("__ExtendedStatus", {"Operation": "GetObject"}),
        Instance("MSFT_WmiError", {"MessageID": "HRESULT 0x5"}),
    )  # fmt: skip
    written = write_fault(fault)
    places = [
        written.index(part)
        for part in (
            "<s:Subcode><s:Value>w:InvalidSelectors<",
            "/UnexpectedSelectors</w:FaultDetail><f:WSManFault",
            "<f:ProviderFault",
            ">Text.<f:ExtendedError><p:__ExtendedStatus",
            "GetObject",
            "</f:WSManFault><p:MSFT_WmiError",
            "HRESULT 0x5",
        )
    ]
    assert places == sorted(places)


def test_a_fault_without_a_provider_has_its_text_in_the_message() -> None:
    written = write_fault(Fault(message="Text.", wsman_codes=(5,)))
    assert "<f:Message>Text.</f:Message>" in written
