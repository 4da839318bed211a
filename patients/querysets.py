"""Sets of patients."""

from typing import Self

from django.db.models import Q, Value
from django.db.models.functions import Length, Lower
from django.db.models.lookups import Exact

from businesses.querysets import TenantQuerySet
from patients.search import Searchable, words_in


class PatientQuerySet(TenantQuerySet):
    def unarchived(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def matching(self, typed: str) -> Self:
        """Patients whose name, phone, e-mail or birth date has every word that was typed.

        Accents, case and order don't matter; best matches (shortest text) first. One query,
        served by the trigram index for words of three letters or more.
        """
        conditions = Q()
        for word in words_in(typed):
            text = Q(search__contains=Searchable(Value(word.text))) if word.text else Q()
            conditions &= text | Q(dob__in=word.days) if word.days else text
        return self.filter(conditions).order_by(Length("search"), "name", "id")

    def with_email(self, address: str) -> Self:
        """The one with this address in any case; served by the constraint's own index."""
        return self.filter(Exact(Lower("email"), Lower(Value(address))))
