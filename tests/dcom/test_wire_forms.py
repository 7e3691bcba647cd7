from __future__ import annotations

import gc
from dataclasses import replace

from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Method, Parameter
from protocols.dcom import wire_forms
from protocols.dcom.object_reader import ObjectReader
from protocols.dcom.object_writer import write_class, write_instance, write_parameters
from tests.dcom.samples import class_of, method
from tests.dcom.vectors import BASE, MY_CLASS


def read(data: bytes) -> Class:
    found = ObjectReader().read(data)
    assert isinstance(found, Class)
    return found


def test_the_form_of_a_class_is_known_for_as_long_as_it_lives() -> None:
    class_ = read(BASE)
    known = len(wire_forms._PARTS)
    assert wire_forms.part_of(class_) is not None
    assert wire_forms.part_of(replace(class_)) is None
    del class_
    gc.collect()
    assert len(wire_forms._PARTS) == known - 1


def test_an_instance_brings_along_the_class_that_the_server_knows() -> None:
    class_ = read(MY_CLASS)
    part = wire_forms.part_of(class_)
    assert part is not None
    assert part.octets in MY_CLASS
    assert part.octets in write_instance(Instance("MyClass", {"Id": 1}), class_)
    assert part.octets not in write_instance(Instance("MyClass", {"Id": 1}), replace(class_))


def given_method() -> Method:
    class_ = class_of("C", methods=NameMap([("M", method("M", Parameter("P", CimType.UINT8)))]))
    return read(write_class(class_).replace(b"\0uint8\0", b"\0uinT8\0")).methods["M"]


def test_so_do_the_parameters_of_a_method() -> None:
    found = given_method()
    signatures = wire_forms.signatures_of(found)
    assert signatures is not None
    assert signatures.inputs is not None
    assert signatures.outputs is None
    sent = write_parameters(found, Instance("__PARAMETERS", {"P": 1}))
    assert sent is not None
    assert b"\0uinT8\0" in sent
    assert wire_forms.signatures_of(replace(found)) is None


def test_the_form_of_a_method_is_known_for_as_long_as_it_lives() -> None:
    found = given_method()
    known = len(wire_forms._SIGNATURES)
    del found
    gc.collect()
    assert len(wire_forms._SIGNATURES) == known - 1
