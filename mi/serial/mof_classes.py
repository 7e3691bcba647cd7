"""Classes of MOF: from their syntax to `mi.schema`."""

from __future__ import annotations

from dataclasses import dataclass

from mi.names import NameMap
from mi.results import CimType
from mi.schema import Class, Method, Parameter, Property, Qualifier
from mi.serial import embedding
from mi.serial.known_classes import KnownClasses
from mi.serial.mof_literals import constant
from mi.serial.mof_qualifiers import PLAIN_TYPES, Qualifiers, named
from mi.serial.mof_syntax import ClassSyntax, FeatureSyntax
from mi.serial.mof_tokens import Unreadable

__all__ = ["read_class"]

# What Windows' MOF says for an instance, or a reference, of any class.
_ANY_CLASS = "object"
_NOTHING = "void"


def read_class(
    syntax: ClassSyntax,
    namespace: str | None,
    server_name: str | None,
    qualifiers: Qualifiers,
    known: KnownClasses,
) -> Class:
    """Return the class that a syntax declares, without what it inherits.

    Raises:
        Unreadable: its superclass or a type is not known, a name is there twice, or a value does
            not fit.
    """
    superclass = known.find(namespace, syntax.superclass) if syntax.superclass else None
    if syntax.superclass and superclass is None:
        raise Unreadable(syntax.offset, f"the superclass {syntax.superclass} is not known")
    features = _Features(syntax.name, namespace, superclass, qualifiers, known)
    return Class(
        syntax.name,
        namespace,
        server_name,
        syntax.superclass,
        properties=named(
            (one for one in syntax.features if one.parameters is None), features.property
        ),
        methods=named(
            (one for one in syntax.features if one.parameters is not None), features.method
        ),
        qualifiers=qualifiers.read(syntax),
    )


@dataclass(frozen=True, slots=True)
class _Features:
    """Reads the features of one class."""

    class_name: str
    namespace: str | None
    superclass: Class | None
    qualifiers: Qualifiers
    known: KnownClasses

    def property(self, syntax: FeatureSyntax) -> Property:
        qualifiers = self.qualifiers.read(syntax)
        cim_type, class_name = self._type(syntax, qualifiers)
        return Property(
            syntax.name,
            cim_type,
            class_name,
            None if syntax.default is None else constant(syntax.default, cim_type),
            self._origin(syntax),
            array_size=syntax.array_size,
            qualifiers=qualifiers,
        )

    def method(self, syntax: FeatureSyntax) -> Method:
        qualifiers = self.qualifiers.read(syntax)
        returned = None
        if syntax.is_reference or syntax.type_name.lower() != _NOTHING:
            returned, _ = self._type(syntax, qualifiers)
        return Method(
            syntax.name,
            returned,
            named(syntax.parameters or (), self._parameter),
            self._origin(syntax),
            qualifiers=qualifiers,
        )

    def _parameter(self, syntax: FeatureSyntax) -> Parameter:
        qualifiers = self.qualifiers.read(syntax)
        cim_type, class_name = self._type(syntax, qualifiers)
        return Parameter(syntax.name, cim_type, class_name, syntax.array_size, qualifiers)

    def _origin(self, syntax: FeatureSyntax) -> str | None:
        """Return this class, unless a superclass declares the feature first."""
        above = self.superclass
        is_inherited = above is not None and (
            syntax.name in above.properties or syntax.name in above.methods
        )
        return None if is_inherited else self.class_name

    def _type(
        self, syntax: FeatureSyntax, qualifiers: NameMap[Qualifier]
    ) -> tuple[CimType, str | None]:
        cim_type, class_name = self._stated_type(syntax)
        cim_type = cim_type.array if syntax.is_array else cim_type
        return embedding.unmarked(cim_type, class_name, qualifiers)

    def _stated_type(self, syntax: FeatureSyntax) -> tuple[CimType, str | None]:
        word = syntax.type_name
        plain = None if syntax.is_reference else PLAIN_TYPES.get(word.lower())
        if plain is not None:
            return plain, None
        cim_type = CimType.REFERENCE if syntax.is_reference else CimType.INSTANCE
        if word.lower() == _ANY_CLASS:
            return cim_type, None
        # Windows' MOF embeds by the name of a class; a misspelt type must not read as one.
        if cim_type is CimType.INSTANCE and self.known.find(self.namespace, word) is None:
            raise Unreadable(syntax.offset, f"{word}, the type of {syntax.name}, is not known")
        return cim_type, word
