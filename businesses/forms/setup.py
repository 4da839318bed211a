"""Forms of the set-up: what somebody else changed since the page was shown is not written over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.forms.tenancy import TRY_AGAIN, TenantForm
from businesses.history import history_of
from businesses.models import Business, Location
from businesses.statements import violated

MOST_TOLD = 5
STALE = gettext_lazy(
    "Somebody else changed this while you had it open; nothing is saved yet. Look over what you"
    " typed, and save it again if it is still right."
)


def version_of(row: Any) -> str:
    """Changes whenever the row does."""
    return str(row.updated_at.astimezone(UTC).isoformat())


def shown_now(row: Any) -> str:
    """The version with the moment at which it is shown, since when changes are told as news."""
    return f"{version_of(row)}@{timezone.now().isoformat()}"


class SetupForm(TenantForm):
    """A row of the clinic. `version` is of the row that was shown; `parts` are its own tables, with
    the names of their references to it, whose changes are told with its own.
    """

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    parts: ClassVar[Sequence[tuple[Any, str]]] = ()

    def __init__(
        self,
        *args: Any,
        clinic: Business,
        user: Any = None,
        refusal: tuple[str, Any] | None = None,
        **options: Any,
    ) -> None:
        self.clinic, self.user, self.refusal = clinic, user, refusal
        super().__init__(*args, **options)
        if not self.instance._state.adding:
            self.initial["version"] = shown_now(self.instance)

    def clean_location(self) -> Location | None:
        """Where there is such a field: the location, locked until the commit.

        The rival that this keeps out: somebody who puts the location away because nothing refers
        to it yet.
        """
        place: Location | None = self.cleaned_data["location"]
        there = Location.objects.of(self.clinic).filter(archived_at=None)
        if place and not there.select_for_update(no_key=True).filter(pk=place.pk).exists():
            raise ValidationError(_("This location was removed; choose another."), code="gone")
        return place

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if not self.instance._state.adding:
            self._check_version()
        return cleaned

    def _check_version(self) -> None:
        """Refuses what was typed on an older version of the row, once, and says what is new."""
        seen, _at, shown = self.cleaned_data.get("version", "").partition("@")
        if seen == version_of(self.instance):
            return
        typed: Any = self.data
        self.data = typed.copy()  # a QueryDict can't be changed, and several values share a name
        self.data[self.add_prefix("version")] = shown_now(self.instance)  # type: ignore[index]
        stale = ValidationError(STALE, code="stale")
        self.add_error(None, [stale, *self._changes_since(shown)])

    def _changes_since(self, shown: str) -> list[ValidationError]:
        try:
            moment = datetime.fromisoformat(shown)
        except ValueError:
            return []
        if moment.tzinfo is None:
            return []
        news = [one for one in history_of(self.instance, self.parts) if one.made > moment]
        return [
            ValidationError(
                _("%(who)s: %(field)s is now %(after)s (it was %(before)s)."),
                code="changed",
                params={
                    "who": entry.who,
                    "field": change.label,
                    "after": change.after or "–",
                    "before": change.before or "–",
                },
            )
            for entry in news
            for change in entry.changes
        ][:MOST_TOLD]

    def refused_by(self, error: DatabaseError) -> tuple[str, Any]:
        """The field that a refusal of the database belongs to, and the sentence."""
        return self.sentences.get(violated(error), ("", TRY_AGAIN))


class AsksFirst(SetupForm):
    """A form that tells what saving it brings with it, once, before it saves."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def tell_first(self, key: str, *sentences: Any) -> bool:
        """Whether these sentences were not seen yet: then they are refusals, and `key` is sent
        along the next time.
        """
        if self.cleaned_data.get("seen") == key:
            return False
        typed: Any = self.data
        self.data = typed.copy()
        self.data[self.add_prefix("seen")] = key  # type: ignore[index]
        self.add_error(None, [ValidationError(one, code="ask") for one in sentences])
        return True
