from mi.results import Result
from protocols.meanings.system_rows import ERRNO_RESULTS, RESULT_ADVICE, SYSTEM_ROWS, WBEM_ROWS
from protocols.meanings.wsman_rows import WSMAN_ROWS


def test_rows_of_wmi_stand_in_the_order_of_their_numbers() -> None:
    numbers = [row[0] for row in WBEM_ROWS]
    assert numbers == sorted(set(numbers))


def test_no_two_rows_of_all_tables_have_one_name() -> None:
    names = [row[1] for row in (*WSMAN_ROWS, *SYSTEM_ROWS, *WBEM_ROWS)]
    assert len(set(names)) == len(names)


def test_there_is_advice_on_every_result_but_success() -> None:
    assert set(RESULT_ADVICE) == set(Result) - {Result.OK}


def test_a_number_of_the_c_library_is_never_a_success() -> None:
    assert Result.OK not in ERRNO_RESULTS.values()
