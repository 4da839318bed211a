"""Sets of patients."""

from typing import Self

from django.db.models import Q, Value
from django.db.models.functions import Length, Lower
from django.db.models.lookups import Exact

from businesses.querysets import TenantQuerySet
from patients.search import Searchable, birth_date_in, digits_in


class PatientQuerySet(TenantQuerySet):
    def unarchived(self) -> Self:
        return self.filter(archived_at__isnull=True)

    def matching(self, typed: str) -> Self:
        """Patients whose name, phone, e-mail or birth date has every word that was typed.

        Accents, case and order don't matter; best matches (shortest text) first. One query,
        served by the trigram index for words of three letters or more.
        """
        words = Q()
        for word in typed.split():
            if day := birth_date_in(word):
                words &= Q(dob=day)
            else:
                words &= Q(search__contains=Searchable(Value(digits_in(word) or word)))
        return self.filter(words).order_by(Length("search"), "name", "id")

    def with_email(self, address: str) -> Self:
        """The one with this address in any case; served by the constraint's own index."""
        return self.filter(Exact(Lower("email"), Lower(Value(address))))
