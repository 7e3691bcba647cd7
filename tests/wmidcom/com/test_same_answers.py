"""An object is the same by COM as by WS-Management: DCOM's tests, with this way in its place."""

from collections.abc import Iterator

import pytest

import mi
from protocols.loopback import Endpoint
from tests.wmidcom import test_same_answers as others
from tests.wmidcom.com.com_server import FakeSystem
from tests.wmidcom.com.test_contract import ComHandler
from tests.wmidcom.fake_services import FakeConnection
from tests.wmidcom.test_same_answers import (  # noqa: F401 - they are collected here
    HOST,
    MISTAKES,
    Both,
    _add_all_types,
    test_a_class_is_the_same,
    test_an_object_of_all_types_is_the_same,
    test_base_properties_are_the_same,
    test_instances_of_a_class_are_the_same,
    test_keys_alone_are_the_same_once_the_class_is_known,
    test_names_of_classes_are_the_same,
    test_namespaces_are_the_same,
    test_shallow_instances_are_the_same,
    test_what_a_method_gives_back_is_the_same,
    test_what_a_query_selects_is_the_same,
    test_what_is_around_an_object_is_the_same,
    test_what_is_created_is_named_the_same,
    test_what_is_modified_is_the_same_whoever_did_it,
)


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    wmi = FakeConnection(server_name=None)
    repository, system = wmi.repository, FakeSystem(wmi)
    _add_all_types(repository.find_class("root/cimv2", "Loopback_AllTypes"), repository.add)
    with Endpoint(repository) as http, mi.Application() as application:
        application.handlers.register("LOCAL", ComHandler(system))
        options = mi.DestinationOptions(destination_port=http.port, credentials=http.credentials)
        with (
            application.new_session("WINRM", HOST, options) as winrm,
            application.new_session("LOCAL", HOST) as local,
        ):
            for session in (winrm, local):
                for name in ("Win32_Service", "Win32_Share", "Win32_SystemDriver"):
                    session.get_class(name)
            yield Both(winrm, local, http, None)  # type: ignore[arg-type]
    assert (system.left, system.mistakes) == (0, [])


# The services of the tests let anybody write what they have.
_ALLOWED = ("a property that is read only", "nobody can delete it")


@pytest.mark.parametrize("mistake", [one for one in MISTAKES if one not in _ALLOWED])
def test_a_mistake_is_the_same(both: Both, mistake: str) -> None:
    others.test_a_mistake_is_the_same(both, mistake)
