"""What PowerShell writes besides objects."""

import pickle
from datetime import UTC, datetime

from mi.powershell.objects import PowerShellObject
from mi.powershell.records import InformationRecord, ProgressRecord, Record, Stream, known

_TIME = datetime(2026, 11, 24, tzinfo=UTC)


def test_an_information_record_has_its_fields() -> None:
    value = PowerShellObject(
        {
            "MessageData": "hello",
            "Source": "script.ps1",
            "TimeGenerated": _TIME,
            "Tags": ["a", 5, "b"],
            "User": "CONTOSO\\ops",
            "Computer": "server01",
            "ProcessId": 42,
        }
    )
    record = InformationRecord.of(value)
    assert record == InformationRecord(
        "hello", "script.ps1", ("a", "b"), _TIME, "CONTOSO\\ops", "server01", 42
    )
    assert str(record) == "hello"
    assert pickle.loads(pickle.dumps(record)) == record


def test_what_it_does_not_say_is_none() -> None:
    value = PowerShellObject({"MessageData": 5, "Tags": None, "ProcessId": "x"})
    assert InformationRecord.of(value) == InformationRecord(5)
    assert InformationRecord.of("plain") == InformationRecord("plain")
    assert InformationRecord.of(PowerShellObject()).data == PowerShellObject()


def test_the_text_of_write_host_is_its_message() -> None:
    data = PowerShellObject({"Message": "hello", "ForegroundColor": None})
    assert str(InformationRecord(data)) == "hello"
    assert str(InformationRecord([1])) == "[1]"


def test_a_negative_number_is_one_that_nobody_knows() -> None:
    assert (known(-1), known(-5), known(0), known(40)) == (None, None, 0, 40)


def test_a_record_says_where_it_was_written() -> None:
    stream, value = Record(Stream.PROGRESS, ProgressRecord("x"))
    assert (stream, value.activity) == ("progress", "x")
