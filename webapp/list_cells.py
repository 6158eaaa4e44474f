"""Which fields of a list's row share a cell, so that a list of 46 stays readable at the desk and on a phone."""

from __future__ import annotations

from collections.abc import Sequence

from engine.forms import Field


def cells(fields: Sequence[Field]) -> list[list[Field]]:
    """The fields of a row by cell, each cell headed by its first field.

    What is only to be read about the nominee stands under the name; what is asked only after another answer
    (a reason, a number) stands under that answer. Figures and questions keep columns of their own.
    """
    groups: list[list[Field]] = []
    for field in fields:
        if groups and _belongs(field, groups):
            groups[-1].append(field)
        else:
            groups.append([field])
    return groups


def _belongs(field: Field, groups: list[list[Field]]) -> bool:
    head = groups[-1][0]
    if field.readonly:
        return len(groups) == 1 and head.readonly and "inputmode" not in field.attrs
    return bool(field.show_if) and not head.readonly
