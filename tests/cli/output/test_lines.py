"""A line for each instance, at once."""

import io

import mi
from mi.cli.output.columns import Columns
from mi.cli.output.lines import LinesWriter
from mi.names import NameMap


def written(instance: mi.Instance, *columns: str) -> str:
    stream = io.StringIO()
    writer = LinesWriter(stream, columns, is_single=False)
    writer.instance(Columns(columns).of(instance))
    writer.close()
    return stream.getvalue()


def test_the_columns_asked_for_are_there_whether_an_instance_has_them_or_not() -> None:
    service = mi.Instance("Win32_Service", {"Name": "Spooler", "Tags": ["a", "b"]})
    service.add("State", None, mi.CimType.STRING)
    assert written(service, "Name", "State", "Other", "Tags") == "Spooler  -  -  a, b\n"


def test_without_columns_there_are_names_and_no_nulls() -> None:
    service = mi.Instance("Win32_Service", {"Name": "Spooler", "ProcessId": 0})
    service.add("State", None, mi.CimType.STRING)
    assert written(service) == "Name=Spooler  ProcessId=0\n"


def test_a_class_is_a_line_for_each_property() -> None:
    stream = io.StringIO()
    named = NameMap([("A", mi.Property("A", mi.CimType.STRING))])
    LinesWriter(stream, (), is_single=True).declaration(mi.Class("X", properties=named))
    assert [line.split("  ")[:2] for line in stream.getvalue().splitlines()][1] == ["A", "string"]
