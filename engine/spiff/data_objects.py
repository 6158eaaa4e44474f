"""Where the library's parser never ends: a data object that it cannot find one level up (trap 13).

It looks in the (sub)process of the step and in the one around it, and then in that one again, for ever: on an
object declared two levels above as on one that is declared nowhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.errors import N_
from engine.xml import BPMN

_CONTAINERS = tuple(BPMN + kind for kind in ("process", "subProcess", "transaction", "adHocSubProcess"))
_SIDES = (("dataInputAssociation", "sourceRef"), ("dataOutputAssociation", "targetRef"))


def unreadable(root: Any) -> Iterator[tuple[str, str]]:
    """Yield the id of each step with a data object that cannot be found, and why, in Vietnamese."""
    declared = {one.get("id"): one.getparent() for one in root.iter(f"{BPMN}dataObject")}
    references = {one.get("id"): one.get("dataObjectRef") for one in root.iter(f"{BPMN}dataObjectReference")}
    for association, side in _SIDES:
        for step, name in _used(root, association, side):
            home = declared.get(references.get(name))
            around = [above for above in step.iterancestors() if above.tag in _CONTAINERS]
            if home is None:
                yield step.get("id", ""), N_("không có đối tượng dữ liệu “%s”") % name
            elif home not in around[:2]:
                yield step.get("id", ""), _too_far(home in around)


def _used(root: Any, association: str, side: str) -> Iterator[tuple[Any, str]]:
    for element in root.iter(BPMN + association):
        for reference in element.iterfind(BPMN + side):
            yield element.getparent(), (reference.text or "").strip()


def _too_far(is_above: bool) -> str:
    if is_above:
        return N_("đối tượng dữ liệu dùng ở quy trình con lồng từ hai cấp: bộ máy đọc mãi không xong")
    return N_("đối tượng dữ liệu nằm ở một quy trình con khác: bộ máy đọc mãi không xong")
