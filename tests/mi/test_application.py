"""The application, and `connect`."""

import gc
import threading
import warnings
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mi import application
from mi.application import Application, connect
from mi.callbacks import OperationCallbacks, OperationResult, SessionCallbacks
from mi.calls import TestConnection
from mi.errors import InvalidParameter, NoSuchProperty, NotFound, TypeMismatch
from mi.names import NameMap
from mi.options import DestinationOptions
from mi.registry import Registry
from mi.results import CimType
from mi.schema import Class, Property
from tests.mi.conftest import run_coroutine
from tests.mi.fake_handler import FakeHandler

_POINT = Class(
    "Point",
    namespace="root/test",
    properties=NameMap(
        [("X", Property("X", CimType.UINT8, default=1)), ("Y", Property("Y", CimType.UINT8))]
    ),
)


def _with_fake(handler: FakeHandler) -> Application:
    application = Application()
    application.handlers.register("FAKE", handler)
    return application


def test_an_application_makes_instances_of_any_class() -> None:
    with Application() as application:
        instance = application.new_instance("Point", {"X": 1})
        assert (instance.class_name, dict(instance)) == ("Point", {"X": 1})
        assert dict(application.new_instance("Point")) == {}
        with pytest.raises(InvalidParameter):
            application.new_instance("no class")


def test_an_application_makes_instances_from_a_class_with_its_defaults() -> None:
    with Application() as application:
        instance = application.new_instance_from_class(_POINT, {"Y": 5})
        assert dict(instance) == {"X": 1, "Y": 5}
        assert instance.namespace == "root/test"
        with pytest.raises(NoSuchProperty):
            application.new_instance_from_class(_POINT, {"Z": 5})
        with pytest.raises(TypeMismatch):
            application.new_instance_from_class(_POINT, {"Y": 256})


@pytest.mark.parametrize(
    "use",
    [
        lambda application: application.new_session("FAKE"),
        lambda application: application.new_instance("Point"),
        lambda application: application.new_instance_from_class(_POINT),
    ],
)
def test_use_after_close_is_invalid_parameter(use: Any) -> None:
    application = _with_fake(FakeHandler())
    application.close()
    with pytest.raises(InvalidParameter, match="the application is closed"):
        use(application)


def test_closing_closes_sessions_left_open_with_one_warning_that_names_each() -> None:
    handler = FakeHandler()
    application = _with_fake(handler)
    application.new_session("FAKE", "server01")
    application.new_session("FAKE", "server02").close()
    application.new_session("FAKE")
    with pytest.warns(ResourceWarning) as caught:
        application.close()
    assert len(caught) == 1
    assert str(caught[0].message) == (
        "closed with the application, left open: "
        "<Session FAKE server01>, <Session FAKE on this machine>"
    )
    assert caught[0].filename == __file__
    assert [len(channel.closes) for channel in handler.channels] == [1, 1, 1]


def test_closing_an_application_releases_what_its_sessions_have_open() -> None:
    handler = FakeHandler(["a"], ["b"])
    application = _with_fake(handler)
    operation = application.new_session("FAKE", "server01").query_instances("SELECT * FROM C")
    next(operation)
    with pytest.warns(ResourceWarning):
        application.close()
    assert handler.channels[0].open_contexts == set()


def test_all_sessions_share_one_grace_when_the_application_closes() -> None:
    handler = FakeHandler()
    application = _with_fake(handler)
    for _ in range(3):
        application.new_session("FAKE", "server01")
    with pytest.warns(ResourceWarning):
        application.close()
    assert len({channel.closes[0] for channel in handler.channels}) == 1


def test_closing_twice_does_nothing_more() -> None:
    application = _with_fake(FakeHandler())
    application.new_session("FAKE").close()
    application.close()
    application.close()


def test_a_session_in_order_of_closing_warns_of_nothing() -> None:
    with _with_fake(FakeHandler()) as application, application.new_session("FAKE") as session:
        session.test_connection()


def test_a_session_closes_after_its_application_without_complaint() -> None:
    application = _with_fake(FakeHandler())
    session = application.new_session("FAKE")
    with pytest.warns(ResourceWarning):
        application.close()
    session.close()
    with pytest.raises(InvalidParameter, match="the session is closed"):
        session.test_connection()


def test_applications_do_not_touch_one_another() -> None:
    one, other = _with_fake(FakeHandler()), Application()
    assert "FAKE" in one.handlers
    assert "FAKE" not in other.handlers
    other.close()
    one.new_session("FAKE").close()
    one.close()


def test_an_application_takes_an_executor_for_what_is_asynchronous() -> None:
    with ThreadPoolExecutor(1, thread_name_prefix="mine") as executor:
        names: list[str] = []
        finished = threading.Event()

        def deal(result: OperationResult[Any]) -> None:
            names.append(threading.current_thread().name)
            finished.set()

        with Application(executor=executor) as application:
            application.handlers.register("FAKE", FakeHandler())
            with application.new_session("FAKE") as session:
                session.run(TestConnection(), callbacks=OperationCallbacks(instance_result=deal))
                assert finished.wait(10)
        assert names == ["mine_0"]
        assert executor.submit(len, "still there").result() == 11


def test_what_is_no_executor_is_a_type_mismatch() -> None:
    with pytest.raises(TypeMismatch, match=r"an executor has a submit\(\), and 5 has none"):
        Application(executor=5)  # type: ignore[arg-type]


def test_leaving_the_async_with_block_closes_and_warns_of_what_was_left_open() -> None:
    handler = FakeHandler()
    application = _with_fake(handler)

    async def main() -> None:
        async with application as entered:
            assert entered is application
            application.new_session("FAKE", "server01")

    with pytest.warns(ResourceWarning, match="left open: <Session FAKE server01>$"):
        run_coroutine(main())
    assert len(handler.channels[0].closes) == 1


def test_leaving_the_async_with_block_closes_though_no_thread_is_free() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    application = Application(executor=executor)

    async def main() -> None:
        async with application:
            pass

    run_coroutine(main())
    with pytest.raises(InvalidParameter):
        application.new_session()


def test_the_repr_says_how_many_sessions_are_open() -> None:
    application = _with_fake(FakeHandler())
    session = application.new_session("FAKE")
    assert repr(application) == "<Application 1 sessions>"
    session.close()
    application.close()
    assert repr(application) == "<Application closed>"


# connect


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> FakeHandler:
    """Return the handler that every application has as FAKE."""
    made = FakeHandler()

    class WithFake(Registry):
        def __init__(self) -> None:
            super().__init__()
            self.register("FAKE", made)

    monkeypatch.setattr(application, "Registry", WithFake)
    return made


def test_connect_is_new_session_with_the_application_owned_by_the_session(
    handler: FakeHandler,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with connect("server01", protocol="fake") as session:
            assert session.test_connection() is None
    assert repr(session) == "<Session FAKE server01, closed>"
    assert len(handler.channels[0].closes) == 1


def test_connect_takes_options_one_by_one_over_those_in_options(handler: FakeHandler) -> None:
    options = DestinationOptions(transport="HTTPS", destination_port=1)
    with connect("server01", protocol="FAKE", options=options, destination_port=2, timeout=None):
        pass
    used = handler.channels[0].options
    assert (used.transport, used.destination_port, used.timeout) == ("HTTPS", 2, None)
    assert options == DestinationOptions(transport="HTTPS", destination_port=1)


def test_connect_takes_callbacks(handler: FakeHandler) -> None:
    callbacks = SessionCallbacks()
    connect("server01", protocol="FAKE", callbacks=callbacks).close()
    assert handler.channels[0].callbacks is callbacks


@pytest.mark.parametrize(
    ("keywords", "kind"),
    [
        ({"destination_port": 0}, InvalidParameter),
        ({"password": "hunter2"}, InvalidParameter),
        ({"destination_port": "x"}, TypeMismatch),
        ({"options": {}}, TypeMismatch),
        ({"protocol": "NONE"}, NotFound),
    ],
)
def test_connect_fails_as_new_session_does(keywords: Any, kind: Any) -> None:
    with pytest.raises(kind) as caught:
        connect("server01", **keywords)
    assert (caught.value.host, caught.value.operation) == ("server01", "NewSession")
    assert "hunter2" not in str(caught.value)


def test_a_session_that_is_dropped_unclosed_keeps_nothing_alive(handler: FakeHandler) -> None:
    session = connect("server01", protocol="FAKE")
    kept = [weakref.ref(session), weakref.ref(handler.channels.pop())]
    del session
    gc.collect()
    assert [one() for one in kept] == [None, None]
