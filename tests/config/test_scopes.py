"""Each operation needs one scope, and no other will do."""

from __future__ import annotations

import re

import pytest

from businesses.identifiers import new_id
from businesses.scopes import SCOPES
from config.schema import operations
from tests.appointments.api.clinic import make_clinic, sent
from tests.conformance import all_operations, published
from tests.factories import api_key

# Written by hand. Two do more with a second scope: `ignoreBusyTimes` needs appointments:override,
# and availableTimes tells more than codes with appointments:explain.
NEEDED = {
    "business:read": "listBusinesses getBusiness listClosures getClosure listChanges",
    "business:write": "updateBusiness createClosure updateClosure deleteClosure",
    "services:read": (
        "listServices getService listServiceQuestions listServiceResources"
        " listServiceCategories getServiceCategory listLocations getLocation"
        " listResources getResource"
    ),
    "services:write": (
        "createService updateService deleteService replaceServiceQuestions replaceServiceResources"
        " createServiceCategory updateServiceCategory deleteServiceCategory"
        " createLocation updateLocation deleteLocation"
        " createResource updateResource deleteResource"
    ),
    "staff:read": (
        "listStaff getStaff getStaffCapacity listWorkingHoursSchedules getWorkingHoursSchedule"
        " listTimeBlockers getTimeBlocker listExternalEvents getExternalEvent"
    ),
    "staff:write": (
        "createStaff updateStaff deleteStaff createWorkingHoursSchedule deleteWorkingHoursSchedule"
        " createTimeBlocker deleteTimeBlocker"
        " createExternalEvent updateExternalEvent deleteExternalEvent"
    ),
    "patients:read": "listPatients getPatient",
    "patients:write": "createPatient updatePatient archivePatient",
    "appointments:read": (
        "listAppointments getAppointment listAvailableTimes listNextAvailableTimes"
    ),
    "appointments:write": (
        "createAppointment updateAppointment cancelAppointment replaceAppointmentTags"
        " previewAppointments swapAppointments"
    ),
    "appointments:explain": "getAppointmentAssignment",
    "webhooks:read": "listOutgoingWebhooks getOutgoingWebhook listWebhookDeliveries",
    "webhooks:write": (
        "createOutgoingWebhook updateOutgoingWebhook deleteOutgoingWebhook"
        " rotateOutgoingWebhookSecret testOutgoingWebhook replayWebhookDelivery"
    ),
}
SCOPE_OF = {name: scope for scope, names in NEEDED.items() for name in names.split()}


def test_the_table_has_every_operation() -> None:
    assert sorted(SCOPE_OF) == sorted(all_operations())


@pytest.mark.usefixtures("db")
def test_an_operation_is_open_to_its_scope_and_to_no_other() -> None:
    clinic = make_clinic()
    keys = {scope: api_key(clinic.business, scope) for scope in SCOPES}
    let_in: dict[str, list[str]] = {}
    for path, method, operation in operations(published().document):
        address = path.replace("{businessId}", str(clinic.business.pk))
        address = re.sub(r"\{\w+\}", str(new_id()), address)
        for scope, token in keys.items():
            headers = {"Authorization": f"Bearer {token}"}
            reply = sent(method.upper(), address, content=b"{}", headers=headers)
            if reply.status == 403:
                assert reply.refused == (403, "missing_scope")
            else:
                assert reply.status != 401
                let_in.setdefault(operation["operationId"], []).append(scope)
    assert let_in == {name: [scope] for name, scope in SCOPE_OF.items()}
