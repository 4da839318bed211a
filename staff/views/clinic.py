"""The clinic itself."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from businesses.forms.clinic import ClinicForm
from businesses.models import Business
from staff.views.door import DeskRequest, in_business
from staff.views.saving import form_for, saved
from staff.views.setup import page

HERE = "desk-setup-clinic"


@in_business("business:write")
def clinic(request: DeskRequest) -> HttpResponse:
    """Who the clinic is, its clock, and its rules for booking. Two queries."""
    clinics = Business.objects.filter(pk=request.business.pk)
    if request.method != "POST":
        form = form_for(request, ClinicForm, clinics.get())
    else:
        form, done = saved(request, ClinicForm, clinics, request.business.pk)
        if done:
            messages.success(request, _("%(name)s is saved.") % {"name": form.instance.name})
            return redirect(HERE, form.instance.alias)
    return page(request, "clinic.html", HERE, title=_("The clinic"), form=form)
