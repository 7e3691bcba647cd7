"""What a modification of an object writes: of an instance from a server what was set since."""

from __future__ import annotations

from mi.errors import InvalidParameter
from mi.instance import Instance
from mi.results import Flags

__all__ = ["changed_names", "key_names"]


def key_names(instance: Instance) -> tuple[str, ...]:
    """Return the names of the elements that are keys.

    Raises:
        InvalidParameter: nobody says which they are, so all would be.
    """
    folded = {name.lower() for name in instance.key}
    keys = tuple(name for name in instance if name.lower() in folded)
    if instance.is_declared or instance.is_received:
        return keys
    if any(element.flags & Flags.KEY for element in instance.elements()):
        return keys
    raise InvalidParameter(
        f"which elements of this {instance.class_name} are its key is not known",
        advice="Add those with flags=Flags.KEY, or make it from its Class.",
    )


def changed_names(instance: Instance, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of what is to be written: what was set, or all of a client's instance.

    Raises:
        InvalidParameter: it is nothing, or a key.
    """
    modified, is_new = instance.modified, not instance.is_received
    found = [
        name
        for name, value in instance.items()
        if name in modified or (is_new and value is not None)
    ]
    changed_keys = [name for name in found if name in keys]
    if changed_keys and not is_new:
        raise InvalidParameter(
            f"the key {', '.join(changed_keys)} was set, which names another object",
            advice="Objects are not renamed: create one, and delete this.",
        )
    changes = tuple(name for name in found if name not in changed_keys)
    if not changes:
        raise InvalidParameter(
            f"nothing of this {instance.class_name} was set, so there is nothing to write",
            advice="A list that was changed in place has to be set again.",
        )
    return changes
