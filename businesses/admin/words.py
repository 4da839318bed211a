"""Rows and values in words."""

from __future__ import annotations

from typing import Any

from django.db.models import PROTECT
from django.db.models.deletion import get_candidate_relations_to_delete
from django.utils.html import format_html_join

from businesses.forms.hours import told_week


def in_lines(hours: Any) -> str:
    """Weekly hours in words, a line for each day; a dash for none."""
    if hours is None:
        return "—"
    lines: str = format_html_join("", "{}: {}<br>", told_week(hours))
    return lines


def kept_by(row: Any) -> list[str]:
    """Kinds of things that refer to the row and protect it. One short query for each kind."""
    found = []
    relation: Any
    for relation in get_candidate_relations_to_delete(row._meta):
        if relation.on_delete is PROTECT:
            things = relation.related_model._base_manager.filter(**{relation.field.name: row})
            if things.exists():
                found.append(str(relation.related_model._meta.verbose_name_plural))
    return found
