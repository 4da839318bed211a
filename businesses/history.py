"""The history of a row as an administrator reads it: who, when, what, through which request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pghistory.core import event_models

from businesses.fields import HoursField
from businesses.forms.hours import told_week
from businesses.money import amount

MOST: Final = 500  # of the newest events of each table are looked at
# What a row is known by, or what changes with every change, says nothing.
UNTOLD: Final = {"id", "created_at", "updated_at", "business", "link_token"}

LABELS: Final = {
    "insert": gettext_lazy("Added"),
    "update": gettext_lazy("Changed"),
    "delete": gettext_lazy("Deleted"),
}
SOURCES: Final = {
    "admin": gettext_lazy("Admin"),
    "desk": gettext_lazy("Front desk"),
    "api": gettext_lazy("API"),
    "patient": gettext_lazy("Patient’s link"),
    "system": gettext_lazy("Stilldesk itself"),
}


@dataclass(frozen=True)
class FieldChange:
    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One change of one row."""

    at: datetime
    who: str
    source: str
    request: str
    label: str
    thing: str  # empty for the row itself, else what kind of part of it
    kind: str  # insert, update or delete
    changes: list[FieldChange]
    order: int  # among changes of one transaction, which have the same moment
    made: (
        datetime  # the row's own word for it, its `updated_at`; `at` is when its transaction began
    )


def event_model(model: type[models.Model]) -> Any:
    """The table in which the database keeps the history of a model's rows; None without one."""
    found = event_models(tracks_model=model)
    return found[0] if found else None


def history_of(row: models.Model, parts: Sequence[tuple[Any, str]] = ()) -> list[Entry]:
    """What happened to the row and to its parts, newest first.

    `parts` are models with the name of their reference to the row. One query for each table, and
    one for each kind of thing that is referred to, however many events there are.
    """
    events = _newest(event_model(type(row)), pgh_obj_id=row.pk)
    business_id = getattr(row, "business_id", None)
    for model, name in parts:
        owner = {} if business_id is None else {"business_id": business_id}
        events += _newest(event_model(model), **{f"{name}_id": row.pk}, **owner)
    names = _Names(events)
    told = [
        entry
        for story in _stories(events)
        for entry in _entries(story, names, is_part=story[0].pgh_obj_id != row.pk)
    ]
    return sorted(told, key=lambda entry: (entry.at, entry.order), reverse=True)


def _newest(events: Any, **of: Any) -> list[Any]:
    if events is None:  # answers kept for repeats: copies, which are not tracked
        return []
    return list(events.objects.filter(**of).order_by("-pgh_id")[:MOST])


def _stories(events: Iterable[Any]) -> Iterator[list[Any]]:
    """The events of each row, oldest first."""
    by_row: defaultdict[Any, list[Any]] = defaultdict(list)
    for event in events:
        by_row[type(event), event.pgh_obj_id].append(event)
    for story in by_row.values():
        yield sorted(story, key=lambda event: event.pgh_id)


def _told_fields(event: Any) -> list[Any]:
    return [
        field
        for field in event._meta.fields
        if not field.name.startswith("pgh_") and field.name not in UNTOLD
    ]


class _Names:
    """What the rows that events refer to are called now."""

    def __init__(self, events: Sequence[Any]) -> None:
        wanted: defaultdict[Any, set[Any]] = defaultdict(set)
        for event in events:
            for field in _told_fields(event):
                if field.remote_field and getattr(event, field.attname) is not None:
                    wanted[field.remote_field.model].add(getattr(event, field.attname))
        self.found = {
            (model, key): str(row)
            for model, keys in wanted.items()
            for key, row in model._default_manager.in_bulk(keys).items()
        }

    def of(self, field: Any, value: Any) -> str:
        name = self.found.get((field.remote_field.model, value))
        return name or _("%(id)s (deleted since)") % {"id": value}


def _entries(story: list[Any], names: _Names, *, is_part: bool) -> Iterator[Entry]:
    first: list[Any] = [None]
    for before, event in pairwise(first + story):
        context = event.pgh_context or {}
        source: str = context.get("source") or ""
        tracked = event.pgh_tracked_model._meta
        changes = list(_changes(before, event, names))
        if event.pgh_label == "update" and before is not None and not changes:
            continue  # saved again as it was
        yield Entry(
            at=event.pgh_created_at,
            who=context.get("name") or _("Unknown"),
            source=str(SOURCES.get(source, source)),
            request=context.get("request") or "",
            label=str(LABELS.get(event.pgh_label, event.pgh_label)),
            thing=str(tracked.verbose_name) if is_part else "",
            kind=event.pgh_label,
            changes=changes,
            order=event.pgh_id,
            made=_made(event),
        )


def _made(event: Any) -> datetime:
    """What is deleted had its last change before."""
    found: datetime = event.pgh_created_at
    if event.pgh_label != "delete":
        found = getattr(event, "updated_at", None) or found
    return found


def _changes(before: Any, event: Any, names: _Names) -> Iterator[FieldChange]:
    for field in _told_fields(event):
        now = _told(field, event, names)
        then = _told(field, before, names) if before is not None else ""
        if event.pgh_label == "delete":
            if now:
                yield FieldChange(capfirst(field.verbose_name), now, "")
        elif now != then:
            yield FieldChange(capfirst(field.verbose_name), then, now)


def _told(field: Any, event: Any, names: _Names) -> str:
    """A value in words; nothing for an empty one."""
    value = getattr(event, field.attname)
    if value is None or value in ("", []):
        return ""
    told: str
    if field.remote_field:
        told = names.of(field, value)
    elif field.name == "price" and hasattr(event, "currency"):
        told = amount(value, event.currency)
    elif isinstance(value, bool):
        told = _("yes") if value else _("no")
    elif isinstance(value, datetime):
        told = date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    elif _is_hours(field, event):
        told = "; ".join(f"{day} {times}" for day, times in told_week(value))
    elif isinstance(value, list):
        told = "; ".join(_item(field, item) for item in value)
    else:
        told = str(dict(field.flatchoices).get(value, value))
    return told


def _is_hours(field: Any, event: Any) -> bool:
    return isinstance(event.pgh_tracked_model._meta.get_field(field.name), HoursField)


def _item(field: Any, item: Any) -> str:
    if isinstance(item, dict):  # a booking question with its answer
        return ": ".join(str(item[key]) for key in ("question", "answer") if key in item)
    choices = dict(getattr(getattr(field, "base_field", None), "flatchoices", ()))
    return str(choices.get(item, item))


def parts_of(inlines: Iterable[Any], parent: Any) -> list[tuple[Any, str]]:
    """The models that an admin shows within a row, with the names of their references to it."""
    found = []
    for inline in inlines:
        names = [
            field.name
            for field in inline.model._meta.fields
            if field.remote_field and field.remote_field.model is parent
        ]
        found.append((inline.model, inline.fk_name or names[0]))
    return found
