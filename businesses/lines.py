"""Lists that are parts of a service, replaced as a whole: what stays as it is leaves no trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from businesses.models import BookingQuestion, ResourceNeed, Service


def replace_lines(
    model: type[Any], service: Service, key: str, wanted: Mapping[Any, Mapping[str, Any]]
) -> None:
    """Makes the lines of a service those that are wanted, by their key.

    What is so already is left alone, so that the history tells changes only. A statement to look,
    one for all that go, one for all that are new, and one for each that changes.
    """
    mine = {"business_id": service.business_id, "service_id": service.pk}
    there = {getattr(line, key): line for line in model.objects.filter(**mine)}
    if gone := [line.pk for value, line in there.items() if value not in wanted]:
        model.objects.filter(**mine, pk__in=gone).delete()
    for value, columns in wanted.items():
        line = there.get(value)
        if line is not None and any(getattr(line, name) != columns[name] for name in columns):
            for name in columns:
                setattr(line, name, columns[name])
            line.save()
    new = [model(**mine, **{key: value}, **wanted[value]) for value in wanted if value not in there]
    if new:
        model.objects.bulk_create(new)


def replace_questions(service: Service, wanted: Sequence[Mapping[str, Any]]) -> None:
    """Makes the questions of a service those that are wanted, in their order.

    One with the `id` of a question that is there stays that question; others are new.
    """
    there = {one.pk: one for one in service.questions.all()}
    kept = {one["id"] for one in wanted if one["id"]}
    service.questions.exclude(pk__in=kept).delete()
    _free_names(wanted, there)
    for position, one in enumerate(wanted):
        question = there.get(one["id"]) or BookingQuestion(
            business_id=service.business_id, service=service
        )
        columns = {name: one[name] for name in ("variable_name", "question", "kind", "required")}
        columns["position"] = position
        if any(getattr(question, name) != columns[name] for name in columns):
            for name, value in columns.items():
                setattr(question, name, value)
            question.save()


def _free_names(wanted: Sequence[Mapping[str, Any]], there: dict[UUID, BookingQuestion]) -> None:
    """Two questions may swap their names, which are unique at every moment: whoever has the name
    that another is to have takes its own id for one until it has the new one.
    """
    owners = {one["variable_name"]: one["id"] for one in wanted}
    for question in [there[one["id"]] for one in wanted if one["id"]]:
        if owners.get(question.variable_name, question.pk) != question.pk:
            question.variable_name = question.pk.hex
            question.save()


def replace_needs(service: Service, wanted: Counter[tuple[str, UUID | None]]) -> None:
    """Makes what a service needs so many of each kind, and the rooms and devices of these ids."""
    left = wanted.copy()
    for need in service.needs.all():
        if left[need.kind, need.resource_id] > 0:
            left[need.kind, need.resource_id] -= 1
        else:
            need.delete()
    ResourceNeed.objects.bulk_create(
        ResourceNeed(
            business_id=service.business_id, service=service, kind=kind, resource_id=resource_id
        )
        for kind, resource_id in left.elements()
    )
