"""References are as well known as they can be without asking."""

from mi.instance import Instance
from mi.results import CimType, Flags
from mi.schema import Class
from protocols.loopback import sample_repository
from protocols.wmidcom.references import References

SERVICE = sample_repository().find_class("root/cimv2", "Win32_Service")


def known(class_name: str, namespace: str | None) -> Class | None:
    assert namespace is not None
    is_it = (class_name.lower(), namespace) == ("win32_service", "root/cimv2")
    return SERVICE if is_it else None


def link(*targets: Instance | None, text: str = "x") -> Instance:
    instance = Instance("X_Link", {"Text": text})
    instance.add("Target", targets[0], CimType.REFERENCE)
    instance.add("Others", list(targets), CimType.REFERENCE_ARRAY)
    return instance


def settled(*targets: Instance | None) -> Instance:
    return References(known, "root/cimv2").settle(link(*targets))


def test_one_whose_class_is_known_has_its_types_and_keys() -> None:
    target = settled(Instance.from_path('win32_service.name="Spooler"'))["Target"]
    assert target.class_name == "Win32_Service"
    assert target.namespace == "root/cimv2"
    assert dict(target) == {"Name": "Spooler"}
    assert target.element("Name").flags & (Flags.KEY | Flags.PROPERTY)
    assert target.is_declared
    assert target.is_received
    assert not target.modified


def test_one_whose_class_is_not_known_stays_what_it_is() -> None:
    path = r"\\BOX\root\other:X_Thing.Id=4"
    target = settled(Instance.from_path(path))["Target"]
    assert (target.path, target["Id"], target.is_declared) == (path, 4, False)
    assert target.is_received


def test_one_that_does_not_fit_its_class_stays_what_it_is() -> None:
    target = settled(Instance.from_path('Win32_Service.Nothing="x"'))["Target"]
    assert dict(target) == {"Nothing": "x"}
    assert not target.is_declared


def test_those_in_an_array_are_settled_each_and_null_is_none() -> None:
    named = [Instance.from_path(f'Win32_Service.Name="{name}"') for name in "ab"]
    found = settled(None, *named)
    assert found["Target"] is None
    assert [one and one.is_declared for one in found["Others"]] == [None, True, True]


def test_what_has_no_references_is_left_alone() -> None:
    references = References(known, "root/cimv2")
    for _ in range(2):
        share = Instance("Win32_Share", {"Name": "C$"})
        assert references.settle(share) is share
