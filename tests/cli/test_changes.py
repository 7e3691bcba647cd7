"""The commands that change something, against a host that is changed."""

import json
from typing import Any

import pytest

import mi
from mi.options import ServerKind
from protocols.loopback import Endpoint
from protocols.loopback.service import Limits
from tests.cli.conftest import Host

PATH = 'Win32_Environment.Name="BUILD",UserName="<SYSTEM>"'
MADE = ("Win32_Environment", "Name=BUILD", "UserName=<SYSTEM>", "SystemVariable=true")
SPOOLER = 'Win32_Service.Name="Spooler"'


def test_an_instance_is_made_modified_and_taken_away(host: Any) -> None:
    made = host("create", *MADE, "VariableValue=7")
    assert (made.code, made.err) == (0, "")
    assert made.out.endswith(f"\\root\\cimv2:{PATH}\n")
    assert host("modify", made.out.strip(), "variablevalue=8").code == 0
    assert json.loads(host("get", PATH, "-o", "json").out)["VariableValue"] == "8"
    assert host("modify", PATH, "VariableValue:=null").code == 0
    assert json.loads(host("get", PATH, "-o", "json").out)["VariableValue"] is None
    assert host("delete", PATH).code == 0
    assert host("get", PATH).code == 5


@pytest.mark.parametrize(
    ("command", "code", "said", "sent"),
    [
        (("create", *MADE, "VariableValu=7"), 2, "Did you mean VariableValue?", ["Get"]),
        (("create", *MADE, "VariableValue"), 2, "NAME=VALUE", []),
        (("create", *MADE, "VariableValue:=x"), 2, "VariableValue: 'x' is not JSON", []),
        (("create", "Win32_Environmint"), 5, "Win32_Environmint", ["Get"]),
        (("create", "Loopback_AllTypes", "Id=x", "Uint8Value=256"), 2, "Uint8Value: ", ["Get"]),
        (("modify", SPOOLER, "Stat=x"), 2, "Did you mean State?", ["Get", "Get"]),
        (("modify", SPOOLER), 2, "NAME=VALUE", []),
        (("modify", "Win32_Service", "State=x"), 2, "Win32_Service", []),
        (("delete", 'Win32_Share.Name="nothing"'), 5, "", ["Delete"]),
        (("invoke", "Win32_Process", "Creat"), 5, "Did you mean Create?", ["Get"]),
        (("invoke", "Win32_Process", "Create", "CommandLin=x"), 2, "CommandLine?", ["Get"]),
    ],
)
def test_a_mistake_is_told_before_anything_is_changed(
    host: Any, command: tuple[str, ...], code: int, said: str, sent: list[str]
) -> None:
    result = host(*command)
    assert (result.code, result.out) == (code, "")
    assert said in result.err
    assert [one for one in host.actions if one] == sent


def test_a_method_of_a_class_or_of_an_instance_gives_what_comes_out(host: Any) -> None:
    made = host("invoke", "Win32_Process", "Create", "CommandLine=notepad.exe", "-o", "json")
    given = json.loads(made.out)
    assert given["ReturnValue"] == 0
    path = f'Win32_Process.Handle="{given["ProcessId"]}"'
    assert host("invoke", path, "Terminate", "Reason=0").out == "ReturnValue  0\n"
    assert host("get", path).code == 5


def test_a_return_value_that_is_not_0_is_told_and_fails_if_that_is_asked(host: Any) -> None:
    host("invoke", SPOOLER, "StartService")
    result = host("invoke", SPOOLER, "StartService")
    assert (result.code, result.out) == (0, "ReturnValue  10\n")
    assert "returned 10: Service Already Running" in result.err
    checked = host("invoke", SPOOLER, "StartService", "--check")
    assert (checked.code, checked.out) == (6, "ReturnValue  10\n")
    assert "Service Already Running" in checked.err


def test_values_of_every_shape_go_in_and_come_out(host: Any) -> None:
    result = host(
        "invoke", "Loopback_AllTypes", "Echo", "Uint8Array=1", "Uint8Array=2",
        'ReferenceValue=Win32_Service.Name="WinRM"', "IntervalValue=P1DT2H0M3S",
        'InstanceValue:={"__CLASS": "Win32_Trustee", "Name": "x"}', "-o", "json",
    )  # fmt: skip
    given = json.loads(result.out)
    assert given["Uint8Array"] == [1, 2]
    assert given["ReferenceValue"].endswith('Win32_Service.Name="WinRM"')
    assert given["IntervalValue"] == "P1DT2H0M3S"
    assert given["InstanceValue"]["Name"] == "x"


def test_a_namespace_is_said_by_the_path_or_by_the_option(host: Any) -> None:
    place = ("EnumKey", "hDefKey=0x80000002", "sSubKeyName=SOFTWARE", "-o", "json")
    by_option = host("invoke", "StdRegProv", *place, "-n", "root/default")
    assert "Microsoft" in json.loads(by_option.out)["sNames"]
    assert host("invoke", r"\\.\root\cimv2:" + SPOOLER, "InterrogateService").code == 0


def test_a_host_that_declares_no_classes_takes_and_gives_text(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Endpoint(limits=Limits(kind=ServerKind.WINRM2)) as endpoint:
        monkeypatch.setenv("MI_USER", endpoint.user.name)
        monkeypatch.setenv("MI_PASSWORD", endpoint.user.password)
        monkeypatch.setenv("MI_PORT", str(endpoint.port))
        host = Host(endpoint, capsys)
        kind = ("--server-kind", str(mi.ServerKind.WINRM2))
        made = host("invoke", "Win32_Process", "Create", "CommandLine=cmd.exe", "-o", "json", *kind)
        assert json.loads(made.out)["ReturnValue"] == "0"
        disk = 'Win32_LogicalDisk.DeviceID="C:"'
        assert host("modify", disk, "VolumeName=Data", *kind).code == 0
        assert "Data" in host("get", disk, "-p", "VolumeName", *kind).out
        refused = host("create", *MADE, *kind)
        assert (refused.code, refused.out) == (1, "")
        assert "WinRM before 3" in refused.err
