"""COM as a client meets it on Windows, over the services of `tests.wmidcom.fake_services`.

The objects are made of ctypes callbacks, so that every call goes through a table of functions, as
with the real ones. What is not released shows in `left`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from ctypes import c_int32, c_uint32
from typing import Any

from mi.control import CancelToken, Expiry
from mi.instance import Instance
from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Property
from protocols.dcom.methods_parts import input_class
from protocols.wmidcom.services import (
    Bounds,
    ContextValue,
    Outgoing,
    WbemEnumerator,
    WbemError,
    WbemFlags,
)
from tests.wmidcom.com import variant_values
from tests.wmidcom.com.class_objects import CLASS_OBJECT, ClassObject
from tests.wmidcom.com.com_objects import (
    LONG,
    ULONG,
    ComObject,
    P,
    bstr,
    place,
    signed,
    variant_at,
    wide_text,
)
from tests.wmidcom.com.memory import new_memory, release
from tests.wmidcom.fake_services import FakeConnection, FakeServices

LOCATOR = ("4590f811-1d3a-11d0-891f-00aa004b2e24", "dc12a687-737f-11cf-884d-00aa004b2e24")
CONTEXT = ("674b6698-ee92-11d0-ad71-00c04fd8fdff", "44aca674-e8fc-11d0-a07c-00c04fb68820")
NOT_REGISTERED = 0x80040154
TIMED_OUT, END = 0x40004, 1
LATER = 0x10
_KINDS = {2: CimType.SINT16, 3: CimType.SINT32, 8: CimType.STRING, 11: CimType.BOOLEAN}


def for_ever() -> Bounds:
    return Bounds(Expiry(), CancelToken())


class FakeSystem:
    """COM, where WMI is what a connection of the tests says."""

    def __init__(self, connection: FakeConnection | None = None) -> None:
        self.connection = connection or FakeConnection()
        self.memory = new_memory()
        self.living: set[ComObject] = set()
        self.lock = threading.RLock()
        self.mistakes: list[Exception] = []
        self.threads = 0
        self.entered = 0
        self.protected: list[int] = []
        self.is_semisynchronous = True
        self.refuses_entry = 0
        self.refuses_protection = 0
        self._errors = threading.local()

    @property
    def left(self) -> int:
        """How much is not freed."""
        return len(self.living) + self.memory.left

    # What the library calls

    def enter(self) -> None:
        if self.refuses_entry:
            raise WbemError(self.refuses_entry)
        with self.lock:
            self.threads += 1
            self.entered += 1

    def leave(self) -> None:
        self.forget_error()
        with self.lock:
            self.threads -= 1

    def create(self, class_id: str, interface_id: str) -> int:
        kinds: dict[tuple[str, str], Callable[[Any], ComObject]] = {
            LOCATOR: Locator,
            CONTEXT: Context,
        }
        kind = kinds.get((class_id, interface_id))
        if kind is None:
            raise WbemError(NOT_REGISTERED)
        return kind(self).address

    def protect(self, address: int) -> None:
        if self.refuses_protection:
            raise WbemError(self.refuses_protection)
        self.protected.append(address)

    def new_text(self, text: str) -> int:
        return self.memory.new_text(text)

    def free_text(self, address: int) -> None:
        self.memory.free_text(address)

    def new_array(self, kind: int, count: int) -> int:
        return self.memory.new_array(kind, count)

    def clear(self, variant: Any) -> None:
        self.memory.clear(variant)

    def take_error(self) -> int:
        address, self._errors.address = getattr(self._errors, "address", 0), 0
        return address

    def forget_error(self) -> None:
        address = self.take_error()
        if address:
            release(address)

    # What the objects need

    def fail(self, error: WbemError) -> None:
        """Tell the thread what a failure was about, if there is anything to tell."""
        self.forget_error()
        if error.status is not None:
            self._errors.address = ErrorInfo(self, error.status).address

    def declared(self, instance: Instance) -> Class:
        """Return the class of an instance, which may be cut."""
        found = None
        if instance.namespace is not None and not instance.class_name.startswith("__P"):
            found = self.connection.repository.find_class(instance.namespace, instance.class_name)
        if found is not None:
            return found
        properties = [
            (one.name, Property(one.name, CimType.STRING if one.type is None else one.type))
            for one in instance.elements()
        ]
        return Class(instance.class_name, properties=NameMap(properties))

    def object_of(self, found: Class | Instance) -> ClassObject:
        """Return the object of a value."""
        if isinstance(found, Class):
            return ClassObject(self, found)
        declaration = self.declared(found)
        path = None
        if declaration.keys and all(found.get(one) is not None for one in declaration.keys):
            path = found.path.partition(":")[2]
        return ClassObject(self, declaration, found, path)


class ErrorInfo(ComObject):
    """IErrorInfo, which is an IWbemClassObject too."""

    INTERFACES = (CLASS_OBJECT,)

    def __init__(self, system: FakeSystem, status: Instance) -> None:
        super().__init__(system)
        self._status = status

    def query_interface(self, interface: int, found: int) -> int:
        hresult = super().query_interface(interface, found)
        if hresult == 0:
            self.release()
            place(found, self.system.object_of(self._status).address)
        return hresult


class Context(ComObject):
    SLOTS = {8: ("set_value", (P, LONG, P))}  # noqa: RUF012 - nobody changes it

    def __init__(self, system: FakeSystem) -> None:
        super().__init__(system)
        self.values: list[ContextValue] = []

    def set_value(self, name: int, _flags: int, variant: int) -> None:
        kind = variant_at(variant).vt
        cim_type = _KINDS[kind & 0xFFF]
        cim_type = cim_type.array if kind & 0x2000 else cim_type
        value = variant_values.take(variant_at(variant), cim_type, _no_instance)
        self.values.append(ContextValue(wide_text(name), value, cim_type))


def _no_instance(_address: int) -> Instance:
    raise AssertionError


class Locator(ComObject):
    SLOTS = {3: ("connect", (P, P, P, P, LONG, P, P, P))}  # noqa: RUF012 - nobody changes it

    def connect(  # noqa: PLR0913, PLR0917 - COM's arguments
        self, path: int, user: int, password: int, locale: int, flags: int, authority: int,
        _context: int, found: int,
    ) -> None:  # fmt: skip
        assert (user, password, authority, flags) == (None, None, None, 0x80)
        namespace = (bstr(path) or "").replace("\\", "/")
        connection = self.system.connection
        place(found, None)
        services = connection.services(namespace, bstr(locale), for_ever())
        place(found, Services(self.system, services).address)


class Services(ComObject):
    SLOTS = {  # noqa: RUF012 - nobody changes it
        6: ("get_object", (P, LONG, P, P, P)),
        12: ("create_class_enum", (P, LONG, P, P)),
        14: ("put_instance", (P, LONG, P, P)),
        16: ("delete_instance", (P, LONG, P, P)),
        18: ("create_instance_enum", (P, LONG, P, P)),
        20: ("exec_query", (P, P, LONG, P, P)),
        22: ("exec_notification_query", (P, P, LONG, P, P)),
        24: ("exec_method", (P, P, LONG, P, P, P, P)),
    }

    def __init__(self, system: FakeSystem, services: FakeServices) -> None:
        super().__init__(system)
        self._services = services

    def _context(self, address: int | None) -> tuple[ContextValue, ...]:
        found = ComObject._living[address] if address else None
        return tuple(found.values) if isinstance(found, Context) else ()

    # Calls with one answer

    def _answer(
        self, work: Callable[[], Any], flags: int, found: int | None, result: int | None
    ) -> None:
        if flags & LATER and self.system.is_semisynchronous:
            assert result is not None
            place(result, CallResult(self.system, work).address)
        else:
            value = work()
            if isinstance(value, (Class, Instance)):
                place(found, self.system.object_of(value).address)

    def get_object(
        self, path: int, flags: int, context: int, found: int, result: int | None
    ) -> None:
        text, said = bstr(path) or "", self._context(context)
        is_object = "." in text or "=" in text
        get: Any = self._services.get_instance if is_object else self._services.get_class
        kept = WbemFlags(flags & ~LATER)
        self._answer(lambda: get(text, kept, said, for_ever()), flags, found, result)

    def put_instance(self, written: int, flags: int, context: int, result: int) -> None:
        found = ComObject._living[written]
        assert isinstance(found, ClassObject)
        said = self._context(context)
        embedded = {one.name.lower(): one for one in self._embedded(found.instance())}
        outgoing = Outgoing(found.instance(), found.declaration, tuple(found.written), embedded)
        kept = WbemFlags(flags & ~LATER)
        self._answer(
            lambda: self._services.put_instance(outgoing, kept, said, for_ever()),
            flags, None, result,
        )  # fmt: skip

    def _embedded(self, instance: Instance) -> list[Class]:
        found = [value for value in instance.values() if isinstance(value, Instance)]
        return [self.system.declared(one) for one in found if one.namespace]

    def delete_instance(self, path: int, flags: int, context: int, result: int) -> None:
        text, said = bstr(path) or "", self._context(context)
        kept = WbemFlags(flags & ~LATER)
        self._answer(
            lambda: self._services.delete_instance(text, kept, said, for_ever()),
            flags, None, result,
        )  # fmt: skip

    def exec_method(  # noqa: PLR0913, PLR0917 - COM's arguments
        self, path: int, name: int, flags: int, context: int, given: int | None, found: int,
        result: int,
    ) -> None:  # fmt: skip
        text, said = bstr(path) or "", self._context(context)
        class_ = self._services._class(text.partition(".")[0].partition("=")[0], "ExecMethod")
        method = class_.methods[bstr(name) or ""]
        parameters = None
        if given:
            written = ComObject._living[given]
            assert isinstance(written, ClassObject)
            declaration = input_class(method)
            assert declaration is not None
            parameters = Outgoing(written.instance(), declaration, tuple(written.written), {})
        self._answer(
            lambda: self._services.exec_method(text, method, parameters, said, for_ever()),
            flags, found, result,
        )  # fmt: skip

    # Enumerations

    def _enumerate(self, enumerator: WbemEnumerator, found: int) -> None:
        place(found, Enumerator(self.system, enumerator).address)

    def exec_query(self, language: int, query: int, flags: int, context: int, found: int) -> None:
        assert bstr(language) == "WQL"
        said, text = self._context(context), bstr(query) or ""
        self._enumerate(self._services.exec_query(text, WbemFlags(flags), said, for_ever()), found)

    def exec_notification_query(
        self, language: int, query: int, flags: int, context: int, found: int
    ) -> None:
        assert bstr(language) == "WQL"
        said, text = self._context(context), bstr(query) or ""
        self._enumerate(
            self._services.exec_notification_query(text, WbemFlags(flags), said, for_ever()),
            found,
        )

    def create_instance_enum(self, name: int, flags: int, context: int, found: int) -> None:
        said, text = self._context(context), bstr(name) or ""
        self._enumerate(
            self._services.create_instance_enum(text, WbemFlags(flags), said, for_ever()), found
        )

    def create_class_enum(self, name: int, flags: int, context: int, found: int) -> None:
        said, text = self._context(context), bstr(name) or None
        self._enumerate(
            self._services.create_class_enum(text, WbemFlags(flags), said, for_ever()), found
        )


class Enumerator(ComObject):
    SLOTS = {4: ("next", (LONG, ULONG, P, P))}  # noqa: RUF012 - nobody changes it

    def __init__(self, system: FakeSystem, enumerator: WbemEnumerator) -> None:
        super().__init__(system)
        self._enumerator = enumerator

    def next(self, milliseconds: int, count: int, places: int, returned: int) -> int:
        batch = self._enumerator.next(count, milliseconds / 1000, for_ever())
        for index, one in enumerate(batch.objects):
            place(places + 8 * index, self.system.object_of(one).address)
        c_uint32.from_address(returned).value = len(batch.objects)
        if batch.is_end:
            return END
        return 0 if len(batch.objects) == count else TIMED_OUT

    def gone(self) -> None:
        self._enumerator.release(for_ever())


class CallResult(ComObject):
    """What is asked for the outcome of a call, which is made in a thread of its own."""

    SLOTS = {  # noqa: RUF012 - nobody changes it
        3: ("get_result_object", (LONG, P)),
        4: ("get_result_string", (LONG, P)),
        6: ("get_call_status", (LONG, P)),
    }

    def __init__(self, system: FakeSystem, work: Callable[[], Any]) -> None:
        super().__init__(system)
        self._work = work
        self._value: Any = None
        self._error: WbemError | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._work()
        except WbemError as error:
            self._error = error

    def get_call_status(self, milliseconds: int, status: int) -> int:
        self._thread.join(milliseconds / 1000)
        if self._thread.is_alive():
            return TIMED_OUT
        if self._error is not None:
            c_int32.from_address(status).value = signed(self._error.hresult)
        return 0

    def get_result_object(self, _milliseconds: int, found: int) -> None:
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error
        is_object = isinstance(self._value, (Class, Instance))
        place(found, self.system.object_of(self._value).address if is_object else None)

    def get_result_string(self, _milliseconds: int, found: int) -> None:
        if self._error is not None:
            raise self._error
        if not isinstance(self._value, str):
            raise WbemError(0x8004100C)
        place(found, self.system.memory.new_text(self._value))
