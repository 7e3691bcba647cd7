"""MI's numbers: results, categories, types and flags, as `mi.h` and DSP0004 have them.

Nothing here does anything. Numbers that MI leaves out (results 18, 19 and 29 of CIM) are left out,
so a table is never indexed by position.
"""

from __future__ import annotations

from enum import IntEnum, IntFlag

__all__ = [
    "CATEGORY_OF_RESULT",
    "CallbackMode",
    "CimType",
    "ErrorCategory",
    "Flags",
    "MessageChannel",
    "OperationFlags",
    "PromptType",
    "ResponseType",
    "Result",
]


class Result(IntEnum):
    """The outcome of a call (MI_Result; CIM status codes of DSP0223 with the same numbers)."""

    OK = 0
    FAILED = 1
    ACCESS_DENIED = 2
    INVALID_NAMESPACE = 3
    INVALID_PARAMETER = 4
    INVALID_CLASS = 5
    NOT_FOUND = 6
    NOT_SUPPORTED = 7
    CLASS_HAS_CHILDREN = 8
    CLASS_HAS_INSTANCES = 9
    INVALID_SUPERCLASS = 10
    ALREADY_EXISTS = 11
    NO_SUCH_PROPERTY = 12
    TYPE_MISMATCH = 13
    QUERY_LANGUAGE_NOT_SUPPORTED = 14
    INVALID_QUERY = 15
    METHOD_NOT_AVAILABLE = 16
    METHOD_NOT_FOUND = 17
    NAMESPACE_NOT_EMPTY = 20
    INVALID_ENUMERATION_CONTEXT = 21
    INVALID_OPERATION_TIMEOUT = 22
    PULL_HAS_BEEN_ABANDONED = 23
    PULL_CANNOT_BE_ABANDONED = 24
    FILTERED_ENUMERATION_NOT_SUPPORTED = 25
    CONTINUATION_ON_ERROR_NOT_SUPPORTED = 26
    SERVER_LIMITS_EXCEEDED = 27
    SERVER_IS_SHUTTING_DOWN = 28


class ErrorCategory(IntEnum):
    """What kind of failure an error is (MI_ErrorCategory, the categories of PowerShell)."""

    NOT_SPECIFIED = 0
    OPEN_ERROR = 1
    CLOSE_ERROR = 2
    DEVICE_ERROR = 3
    DEADLOCK_DETECTED = 4
    INVALID_ARGUMENT = 5
    INVALID_DATA = 6
    INVALID_OPERATION = 7
    INVALID_RESULT = 8
    INVALID_TYPE = 9
    METADATA_ERROR = 10
    NOT_IMPLEMENTED = 11
    NOT_INSTALLED = 12
    OBJECT_NOT_FOUND = 13
    OPERATION_STOPPED = 14
    OPERATION_TIMEOUT = 15
    SYNTAX_ERROR = 16
    PARSER_ERROR = 17
    ACCESS_DENIED = 18
    RESOURCE_BUSY = 19
    RESOURCE_EXISTS = 20
    RESOURCE_UNAVAILABLE = 21
    READ_ERROR = 22
    WRITE_ERROR = 23
    FROM_STDERR = 24
    SECURITY_ERROR = 25
    PROTOCOL_ERROR = 26
    CONNECTION_ERROR = 27
    AUTHENTICATION_ERROR = 28
    LIMITS_EXCEEDED = 29
    QUOTA_EXCEEDED = 30
    NOT_ENABLED = 31


# MI_Utilities_MapErrorToMiErrorCategory for the error type "MI".
CATEGORY_OF_RESULT = {
    Result.OK: ErrorCategory.NOT_SPECIFIED,
    Result.FAILED: ErrorCategory.NOT_SPECIFIED,
    Result.ACCESS_DENIED: ErrorCategory.ACCESS_DENIED,
    Result.INVALID_NAMESPACE: ErrorCategory.METADATA_ERROR,
    Result.INVALID_PARAMETER: ErrorCategory.INVALID_ARGUMENT,
    Result.INVALID_CLASS: ErrorCategory.METADATA_ERROR,
    Result.NOT_FOUND: ErrorCategory.OBJECT_NOT_FOUND,
    Result.NOT_SUPPORTED: ErrorCategory.NOT_IMPLEMENTED,
    Result.CLASS_HAS_CHILDREN: ErrorCategory.METADATA_ERROR,
    Result.CLASS_HAS_INSTANCES: ErrorCategory.METADATA_ERROR,
    Result.INVALID_SUPERCLASS: ErrorCategory.METADATA_ERROR,
    Result.ALREADY_EXISTS: ErrorCategory.RESOURCE_EXISTS,
    Result.NO_SUCH_PROPERTY: ErrorCategory.METADATA_ERROR,
    Result.TYPE_MISMATCH: ErrorCategory.INVALID_TYPE,
    Result.QUERY_LANGUAGE_NOT_SUPPORTED: ErrorCategory.NOT_IMPLEMENTED,
    Result.INVALID_QUERY: ErrorCategory.INVALID_ARGUMENT,
    Result.METHOD_NOT_AVAILABLE: ErrorCategory.METADATA_ERROR,
    Result.METHOD_NOT_FOUND: ErrorCategory.METADATA_ERROR,
    Result.NAMESPACE_NOT_EMPTY: ErrorCategory.METADATA_ERROR,
    Result.INVALID_ENUMERATION_CONTEXT: ErrorCategory.METADATA_ERROR,
    Result.INVALID_OPERATION_TIMEOUT: ErrorCategory.INVALID_ARGUMENT,
    Result.PULL_HAS_BEEN_ABANDONED: ErrorCategory.OPERATION_STOPPED,
    Result.PULL_CANNOT_BE_ABANDONED: ErrorCategory.CLOSE_ERROR,
    Result.FILTERED_ENUMERATION_NOT_SUPPORTED: ErrorCategory.NOT_IMPLEMENTED,
    Result.CONTINUATION_ON_ERROR_NOT_SUPPORTED: ErrorCategory.NOT_IMPLEMENTED,
    Result.SERVER_LIMITS_EXCEEDED: ErrorCategory.RESOURCE_BUSY,
    Result.SERVER_IS_SHUTTING_DOWN: ErrorCategory.RESOURCE_UNAVAILABLE,
}


class CimType(IntEnum):
    """The type of an element (MI_Type); an array type is its element's type plus 16."""

    BOOLEAN = 0
    UINT8 = 1
    SINT8 = 2
    UINT16 = 3
    SINT16 = 4
    UINT32 = 5
    SINT32 = 6
    UINT64 = 7
    SINT64 = 8
    REAL32 = 9
    REAL64 = 10
    CHAR16 = 11
    DATETIME = 12
    STRING = 13
    REFERENCE = 14
    INSTANCE = 15
    BOOLEAN_ARRAY = 16
    UINT8_ARRAY = 17
    SINT8_ARRAY = 18
    UINT16_ARRAY = 19
    SINT16_ARRAY = 20
    UINT32_ARRAY = 21
    SINT32_ARRAY = 22
    UINT64_ARRAY = 23
    SINT64_ARRAY = 24
    REAL32_ARRAY = 25
    REAL64_ARRAY = 26
    CHAR16_ARRAY = 27
    DATETIME_ARRAY = 28
    STRING_ARRAY = 29
    REFERENCE_ARRAY = 30
    INSTANCE_ARRAY = 31

    @property
    def is_array(self) -> bool:
        """Whether values of the type are lists (MI_ARRAY)."""
        return self >= CimType.BOOLEAN_ARRAY

    @property
    def scalar(self) -> CimType:
        """The type of one value: itself, or an array's element type."""
        return CimType(self & 0x0F)

    @property
    def array(self) -> CimType:
        """The type of a list of such values."""
        return CimType(self | 0x10)

    @property
    def cim_name(self) -> str:
        """What the type of one value is called: in MOF and CIM-XML too, but for objects' types."""
        return self.scalar.name.lower()


class Flags(IntFlag):
    """What an element is and how it stands (MI_FLAG_*). Unknown bits are kept, not refused."""

    NONE = 0
    CLASS = 1 << 0
    METHOD = 1 << 1
    PROPERTY = 1 << 2
    PARAMETER = 1 << 3
    ASSOCIATION = 1 << 4
    INDICATION = 1 << 5
    REFERENCE = 1 << 6
    ENABLE_OVERRIDE = 1 << 7
    DISABLE_OVERRIDE = 1 << 8
    RESTRICTED = 1 << 9
    TO_SUBCLASS = 1 << 10
    TRANSLATABLE = 1 << 11
    KEY = 1 << 12
    IN = 1 << 13
    OUT = 1 << 14
    REQUIRED = 1 << 15
    STATIC = 1 << 16
    ABSTRACT = 1 << 17
    TERMINAL = 1 << 18
    EXPENSIVE = 1 << 19
    STREAM = 1 << 20
    READ_ONLY = 1 << 21
    NOT_MODIFIED = 1 << 25
    NULL = 1 << 29


class OperationFlags(IntFlag):
    """How an operation behaves (MI_OPERATIONFLAGS_*). Unknown bits are ignored."""

    DEFAULT = 0
    MANUAL_ACK_RESULTS = 0x0001
    BASIC_RTTI = 0x0002
    FULL_RTTI = 0x0004
    LOCALIZED_QUALIFIERS = 0x0008
    EXPENSIVE_PROPERTIES = 0x0040
    POLYMORPHISM_SHALLOW = 0x0080
    POLYMORPHISM_DEEP_BASE_PROPS_ONLY = 0x0180
    REPORT_OPERATION_STARTED = 0x0200
    NO_RTTI = 0x0400
    STANDARD_RTTI = 0x0800


class CallbackMode(IntEnum):
    """What becomes of a prompt or an error on its way to its callback (MI_CallbackMode)."""

    REPORT = 0
    INQUIRE = 1
    IGNORE = 2


class PromptType(IntEnum):
    """How much hangs on the answer to a prompt (MI_PromptType)."""

    NORMAL = 0
    CRITICAL = 1


class ResponseType(IntEnum):
    """An answer to a prompt or an error (MI_OperationCallback_ResponseType)."""

    NO = 0
    YES = 1
    NO_TO_ALL = 2
    YES_TO_ALL = 3


class MessageChannel(IntEnum):
    """The channel of a message (MI_WRITEMESSAGE_CHANNEL_*); other numbers are allowed."""

    WARNING = 0
    VERBOSE = 1
    DEBUG = 2
