"""What a class has from its superclass, where its text says only what it declares itself.

DSP0004 5.6.1: a subclass has all the properties, methods and qualifiers of its superclass, except
the qualifiers that are restricted to it; it may override each by declaring it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from mi.names import NameMap
from mi.results import Flags
from mi.schema import Class, Method, Property, Qualifier

__all__ = ["completed"]

Feature = TypeVar("Feature", Property, Method)


def completed(declared: Class, superclass: Class) -> Class:
    """Return `declared` with all that it inherits from `superclass`, which is complete itself."""
    return replace(
        declared,
        superclass=superclass.name,
        derivation=(superclass.name, *superclass.derivation),
        properties=_features(declared.properties, superclass.properties, superclass.name),
        methods=_features(declared.methods, superclass.methods, superclass.name),
        qualifiers=_qualifiers(declared.qualifiers, superclass.qualifiers),
    )


def _features(
    own: NameMap[Feature], inherited: NameMap[Feature], class_name: str
) -> NameMap[Feature]:
    def features() -> Iterator[Feature]:
        for name, feature in inherited.items():
            yield _feature(own.get(name), feature, class_name)
        yield from (feature for name, feature in own.items() if name not in inherited)

    return NameMap((feature.name, feature) for feature in features())


def _feature(own: Feature | None, inherited: Feature, class_name: str) -> Feature:
    """Return a feature as a subclass has it: inherited as it is, or overridden by its `own`.

    Windows calls both propagated, and names the class of the first declaration as the origin of
    both (Win32_OperatingSystem.Description, recorded).
    """
    origin = inherited.origin or class_name
    if own is None:
        qualifiers = _qualifiers({}, inherited.qualifiers)
        return replace(inherited, propagated=True, origin=origin, qualifiers=qualifiers)
    if own.propagated:  # the text has it already, with all it inherits
        return own
    qualifiers = _qualifiers(own.qualifiers, inherited.qualifiers)
    return replace(own, propagated=True, origin=own.origin or origin, qualifiers=qualifiers)


def _qualifiers(own: Mapping[str, Qualifier], inherited: NameMap[Qualifier]) -> NameMap[Qualifier]:
    passed_on = [
        replace(qualifier, propagated=True)
        for name, qualifier in inherited.items()
        if name not in own and not qualifier.flags & Flags.RESTRICTED
    ]
    return NameMap((qualifier.name, qualifier) for qualifier in (*own.values(), *passed_on))
