"""Values of PowerShell that Python has no type of its own for."""

import pickle

import pytest

from mi.credentials import Credentials
from mi.errors import InvalidParameter, NotSupported
from mi.powershell.objects import (
    EnumValue,
    PowerShellObject,
    SecureString,
    name_and_password,
    plain_type_name,
)

_SERVICE = "Deserialized.System.ServiceProcess.ServiceController"


def _service() -> PowerShellObject:
    return PowerShellObject(
        [("Name", "Spooler"), ("Status", EnumValue(4, "Running", "System.ServiceStatus"))],
        type_names=[_SERVICE, "Deserialized.System.Object"],
        text="Spooler",
    )


def test_properties_are_found_without_case_and_keep_their_order() -> None:
    service = _service()
    assert (service["NAME"], "status" in service, list(service)) == (
        "Spooler",
        True,
        ["Name", "Status"],
    )
    assert (len(service), 3 in service, "Nothing" in service) == (2, False, False)
    with pytest.raises(KeyError):
        service["Nothing"]
    with pytest.raises(KeyError):
        service[3]  # type: ignore[index]  # a caller's mistake
    assert service.get("Nothing") is None


def test_an_object_says_of_what_type_it_is_a_copy() -> None:
    assert _service().type_name == "System.ServiceProcess.ServiceController"
    assert PowerShellObject().type_name is None
    assert plain_type_name("System.Object") == "System.Object"


def test_objects_are_equal_by_their_properties() -> None:
    assert _service() == PowerShellObject(dict(_service()))


def test_the_text_of_an_object_is_that_of_the_far_side() -> None:
    assert str(_service()) == "Spooler"
    assert str(PowerShellObject({"A": 1})) == "<PowerShellObject A=1>"


def test_a_repr_is_short_whatever_is_in_the_object() -> None:
    one = PowerShellObject({"a": [1, 2], "b": {}, "c": _service()}, type_names=["X.Y"])
    assert repr(one) == (
        "<X.Y a=<list of 2>, b=<dict of 0>, c=<System.ServiceProcess.ServiceController>>"
    )
    many = PowerShellObject({f"p{number}": number for number in range(20)})
    assert repr(many).endswith("p7=7, …>")
    assert repr(PowerShellObject({"a": PowerShellObject()})) == (
        "<PowerShellObject a=<PowerShellObject>>"
    )


def test_objects_and_enumerations_pickle() -> None:
    service = pickle.loads(pickle.dumps(_service()))
    assert service == _service()
    assert (service.type_names[0], service.text) == (_SERVICE, "Spooler")
    status = service["Status"]
    assert (status, status.name, status.type_name) == (4, "Running", "System.ServiceStatus")


def test_a_value_of_an_enumeration_is_a_number_with_a_name() -> None:
    status = EnumValue(4, "Running", "System.ServiceProcess.ServiceControllerStatus")
    assert status == 4
    assert str(status) == "Running"
    assert repr(status) == "<ServiceControllerStatus.Running: 4>"


def test_a_secure_string_is_never_shown() -> None:
    secret = SecureString("hunter2")
    assert "hunter2" not in f"{secret} {secret!r}"
    assert secret.reveal() == "hunter2"
    with pytest.raises(TypeError, match="does not pickle"):
        pickle.dumps(secret)


def test_a_secure_string_of_another_user_cannot_be_read() -> None:
    with pytest.raises(NotSupported, match="encrypted for its user"):
        SecureString(None).reveal()


def test_a_credential_is_a_name_and_a_password() -> None:
    assert name_and_password(Credentials.password("CONTOSO\\ops", "pw")) == ("CONTOSO\\ops", "pw")
    with pytest.raises(InvalidParameter, match="a user with a password"):
        name_and_password(Credentials.current_user())
