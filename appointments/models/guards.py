"""What the database itself refuses: an appointment that does not hold exactly its time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q

DAY = timedelta(days=1)


def _is_finite(moment: str) -> Func:
    """To PostgreSQL `infinity` is a moment, and a span until then is not unbounded."""
    return Func(F(moment), function="isfinite", output_field=models.BooleanField())


def time_is_held(prefix: str) -> tuple[models.CheckConstraint, ...]:
    """What a row that holds time must be: a bounded, finite span around its visit."""
    return (
        models.CheckConstraint(
            condition=Q(ends_at__gt=F("starts_at")), name=f"{prefix}_ends_after_it_starts"
        ),
        models.CheckConstraint(
            condition=Q(during__contains=F("starts_at"), during__endswith__gte=F("ends_at"))
            & Q(
                during__isempty=False,
                during__lower_inf=False,
                during__upper_inf=False,
                during__lower_inc=True,
                during__upper_inc=False,
            ),
            name=f"{prefix}_covers_the_visit",
        ),
        models.CheckConstraint(
            condition=Q(_is_finite("during__startswith"), _is_finite("during__endswith")),
            name=f"{prefix}_is_finite",
        ),
        # Visits and buffers last a day at the most, so whoever looks for what is held in a
        # span of time need not look further than two days before it and one day after.
        models.CheckConstraint(
            condition=Q(
                ends_at__lte=F("starts_at") + DAY,
                during__startswith__gte=F("starts_at") - DAY,
                during__endswith__lte=F("ends_at") + DAY,
            ),
            name=f"{prefix}_is_near_the_visit",
        ),
    )


# Runs at commit. Whatever wrote the rows, an appointment that is approved and not cancelled
# holds its exact time for its main host and each additional one, and any other holds nothing. The
# rooms and devices that it uses are held for that time too.
# A row that moves from one appointment to another is a change of both.
HOLDS_ITS_TIME = pgtrigger.Func(  # type: ignore[no-untyped-call]
    """
    DECLARE
        changed uuid[];
        wrong record;
    BEGIN
        IF TG_TABLE_NAME = 'appointments_heldtime' AND TG_OP = 'INSERT' THEN
            -- Right in itself: who else should hold time is asked with what made them a host.
            IF EXISTS (
                SELECT FROM appointments_appointment it
                WHERE it.business_id = NEW.business_id AND it.id = NEW.appointment_id
                    AND it.approved AND it.cancelled_at IS NULL
                    AND it.staff_id = NEW.staff_id AND it.starts_at = NEW.starts_at
                    AND it.ends_at = NEW.ends_at
                    AND it.group_slot_id IS NOT DISTINCT FROM NEW.group_slot_id
            ) THEN
                RETURN NULL;
            END IF;
        END IF;
        IF TG_TABLE_NAME = 'appointments_appointment' THEN
            changed := ARRAY[NEW.id];
        ELSIF TG_OP = 'INSERT' THEN
            changed := ARRAY[NEW.appointment_id];
        ELSIF TG_OP = 'DELETE' THEN
            changed := ARRAY[OLD.appointment_id];
        ELSE
            changed := ARRAY[OLD.appointment_id, NEW.appointment_id];
        END IF;
        SELECT it.id, h.held, h.exact, n.hosts, r.astray INTO wrong
        FROM appointments_appointment it
        CROSS JOIN LATERAL (
            SELECT CASE WHEN it.approved AND it.cancelled_at IS NULL THEN 1 + (
                SELECT count(*) FROM appointments_additionalhost a
                WHERE a.business_id = it.business_id AND a.appointment_id = it.id)
            ELSE 0 END AS hosts
        ) n
        CROSS JOIN LATERAL (
            SELECT count(*) AS held, count(*) FILTER (
                WHERE h.starts_at = it.starts_at AND h.ends_at = it.ends_at
                  AND h.group_slot_id IS NOT DISTINCT FROM it.group_slot_id
                  AND (h.staff_id = it.staff_id OR EXISTS (
                      SELECT FROM appointments_additionalhost a
                      WHERE a.business_id = it.business_id AND a.appointment_id = it.id
                        AND a.staff_id = h.staff_id))
            ) AS exact
            FROM appointments_heldtime h
            WHERE h.business_id = it.business_id AND h.appointment_id = it.id
        ) h
        CROSS JOIN LATERAL (
            SELECT count(*) AS astray FROM appointments_heldresource r
            WHERE r.business_id = it.business_id AND r.appointment_id = it.id AND (
                n.hosts = 0 OR r.starts_at <> it.starts_at OR r.ends_at <> it.ends_at
                OR r.group_slot_id IS DISTINCT FROM it.group_slot_id)
        ) r
        WHERE it.business_id IN (OLD.business_id, NEW.business_id) AND it.id = ANY(changed)
            AND (h.held <> n.hosts OR h.exact <> n.hosts OR r.astray > 0)
        LIMIT 1;
        IF FOUND THEN
            RAISE EXCEPTION 'appointment % holds % of % times, and % rooms that it does not use',
                wrong.id, wrong.exact, wrong.hosts, wrong.astray
                USING ERRCODE = 'integrity_constraint_violation',
                      CONSTRAINT = 'appointment_holds_its_time';
        END IF;
        RETURN NULL;
    END;
    """
)


def held_in_full(*operations: Any) -> Any:
    operation = operations[0]
    for another in operations[1:]:
        operation |= another
    return pgtrigger.Trigger(
        name="appointment_holds_its_time",
        when=pgtrigger.After,
        operation=operation,
        timing=pgtrigger.Deferred,
        func=HOLDS_ITS_TIME,
    )
