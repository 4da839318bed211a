import django.contrib.postgres.fields
import django.core.validators
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# pgtrigger's triggers ask this function whether the session has switched them off; here nothing
# can. It is created anew with each trigger, so this migration ends with it.
ALWAYS = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE RETURN false
"""
# How many requests of a key were let through in a minute; `businesses.rate_limits` alone reads and
# writes it. It is emptied by a crash, which costs nothing: everybody begins a new minute.
RATES = """
CREATE UNLOGGED TABLE businesses_keyuse (
    key_id uuid PRIMARY KEY,
    minute bigint NOT NULL,
    granted integer NOT NULL
) WITH (fillfactor = 50)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0005_explain_scope"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="apikey",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="apikey",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="apikey",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="location",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="location",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="location",
            name="delete_delete",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="service",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="service",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="service",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="apikey",
            name="rate_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="How many requests it may make. Empty: as everybody.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000000),
                ],
                verbose_name="requests a minute",
            ),
        ),
        migrations.AddField(
            model_name="apikeyevent",
            name="rate_limit",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="How many requests it may make. Empty: as everybody.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000000),
                ],
                verbose_name="requests a minute",
            ),
        ),
        migrations.AddField(
            model_name="location",
            name="archived_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="archived"
            ),
        ),
        migrations.AddField(
            model_name="locationevent",
            name="archived_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="archived"
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="archived_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="archived"
            ),
        ),
        migrations.AddField(
            model_name="serviceevent",
            name="archived_at",
            field=models.DateTimeField(
                blank=True, editable=False, null=True, verbose_name="archived"
            ),
        ),
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("business:read", "See the business and its settings"),
                        ("business:write", "Change the business"),
                        ("services:read", "See services, categories and locations"),
                        ("services:write", "Change services, categories and locations"),
                        ("staff:read", "See staff and their hours"),
                        ("staff:write", "Change staff, their hours and blocked time"),
                        ("patients:read", "See patients"),
                        ("patients:write", "Add, change and archive patients"),
                        ("appointments:read", "See appointments"),
                        ("appointments:write", "Book, change and cancel appointments"),
                        ("appointments:override", "Book over busy time, closed hours and the past"),
                        (
                            "appointments:explain",
                            "See what keeps people busy, and why somebody was assigned",
                        ),
                        ("webhooks:read", "See webhooks and their deliveries"),
                        ("webhooks:write", "Add, change, test and replay webhooks"),
                        ("api_keys:read", "See API keys"),
                        ("api_keys:write", "Create and revoke API keys"),
                    ],
                    max_length=40,
                ),
                size=None,
                verbose_name="scopes",
            ),
        ),
        migrations.AlterField(
            model_name="apikeyevent",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("business:read", "See the business and its settings"),
                        ("business:write", "Change the business"),
                        ("services:read", "See services, categories and locations"),
                        ("services:write", "Change services, categories and locations"),
                        ("staff:read", "See staff and their hours"),
                        ("staff:write", "Change staff, their hours and blocked time"),
                        ("patients:read", "See patients"),
                        ("patients:write", "Add, change and archive patients"),
                        ("appointments:read", "See appointments"),
                        ("appointments:write", "Book, change and cancel appointments"),
                        ("appointments:override", "Book over busy time, closed hours and the past"),
                        (
                            "appointments:explain",
                            "See what keeps people busy, and why somebody was assigned",
                        ),
                        ("webhooks:read", "See webhooks and their deliveries"),
                        ("webhooks:write", "Add, change, test and replay webhooks"),
                        ("api_keys:read", "See API keys"),
                        ("api_keys:write", "Create and revoke API keys"),
                    ],
                    max_length=40,
                ),
                size=None,
                verbose_name="scopes",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "businesses_apikeyevent" ("business_id", "created_at", "description", "expires_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "rate_limit", "revoked_at", "scopes", "updated_at") VALUES (NEW."business_id", NEW."created_at", NEW."description", NEW."expires_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."prefix", NEW."rate_limit", NEW."revoked_at", NEW."scopes", NEW."updated_at"); RETURN NULL;',
                    hash="930b3fe4fc083bb572d12c69d599933a3feb557c",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7e491",
                    table="businesses_apikey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."business_id" IS DISTINCT FROM (NEW."business_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."expires_at" IS DISTINCT FROM (NEW."expires_at") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."prefix" IS DISTINCT FROM (NEW."prefix") OR OLD."rate_limit" IS DISTINCT FROM (NEW."rate_limit") OR OLD."revoked_at" IS DISTINCT FROM (NEW."revoked_at") OR OLD."scopes" IS DISTINCT FROM (NEW."scopes") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at"))',
                    func='INSERT INTO "businesses_apikeyevent" ("business_id", "created_at", "description", "expires_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "rate_limit", "revoked_at", "scopes", "updated_at") VALUES (NEW."business_id", NEW."created_at", NEW."description", NEW."expires_at", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."prefix", NEW."rate_limit", NEW."revoked_at", NEW."scopes", NEW."updated_at"); RETURN NULL;',
                    hash="4118949250ef6499a957999039a8619253fac35b",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_81b48",
                    table="businesses_apikey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="apikey",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "businesses_apikeyevent" ("business_id", "created_at", "description", "expires_at", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "prefix", "rate_limit", "revoked_at", "scopes", "updated_at") VALUES (OLD."business_id", OLD."created_at", OLD."description", OLD."expires_at", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."prefix", OLD."rate_limit", OLD."revoked_at", OLD."scopes", OLD."updated_at"); RETURN NULL;',
                    hash="a41370f3bdeee7b1337275f07cb765d32e17dda8",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_230ad",
                    table="businesses_apikey",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="location",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "businesses_locationevent" ("address", "archived_at", "business_id", "created_at", "description", "email", "id", "instructions", "lat", "lng", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "picture_url", "timezone", "updated_at") VALUES (NEW."address", NEW."archived_at", NEW."business_id", NEW."created_at", NEW."description", NEW."email", NEW."id", NEW."instructions", NEW."lat", NEW."lng", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."phone", NEW."picture_url", NEW."timezone", NEW."updated_at"); RETURN NULL;',
                    hash="625140bac1f8f8ad4d4c9f2124f002a8c103cfa6",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_6ab8b",
                    table="businesses_location",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="location",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "businesses_locationevent" ("address", "archived_at", "business_id", "created_at", "description", "email", "id", "instructions", "lat", "lng", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "picture_url", "timezone", "updated_at") VALUES (NEW."address", NEW."archived_at", NEW."business_id", NEW."created_at", NEW."description", NEW."email", NEW."id", NEW."instructions", NEW."lat", NEW."lng", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."phone", NEW."picture_url", NEW."timezone", NEW."updated_at"); RETURN NULL;',
                    hash="56f6a4f6496ca3aa070b2fbe0704c4412f7d6604",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_24af2",
                    table="businesses_location",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="location",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "businesses_locationevent" ("address", "archived_at", "business_id", "created_at", "description", "email", "id", "instructions", "lat", "lng", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone", "picture_url", "timezone", "updated_at") VALUES (OLD."address", OLD."archived_at", OLD."business_id", OLD."created_at", OLD."description", OLD."email", OLD."id", OLD."instructions", OLD."lat", OLD."lng", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."phone", OLD."picture_url", OLD."timezone", OLD."updated_at"); RETURN NULL;',
                    hash="5d9fb9a376e2a0cedf858b6dcc1df08eac71bc0d",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_63f35",
                    table="businesses_location",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="service",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "businesses_serviceevent" ("alias", "archived_at", "availability_limit_days", "bookings_per_timeslot", "bookings_require_approval", "buffer_after_minutes", "buffer_before_minutes", "business_id", "cancel_lead_time", "created_at", "currency", "description", "enabled", "id", "lead_time", "location_id", "location_type", "location_value", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "time_increment", "updated_at", "working_hours") VALUES (NEW."alias", NEW."archived_at", NEW."availability_limit_days", NEW."bookings_per_timeslot", NEW."bookings_require_approval", NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."business_id", NEW."cancel_lead_time", NEW."created_at", NEW."currency", NEW."description", NEW."enabled", NEW."id", NEW."lead_time", NEW."location_id", NEW."location_type", NEW."location_value", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."time_increment", NEW."updated_at", NEW."working_hours"); RETURN NULL;',
                    hash="cfa061dc2cb6f77da690623da9726c034fb2d19a",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_ee779",
                    table="businesses_service",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="service",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.* IS DISTINCT FROM NEW.*)",
                    func='INSERT INTO "businesses_serviceevent" ("alias", "archived_at", "availability_limit_days", "bookings_per_timeslot", "bookings_require_approval", "buffer_after_minutes", "buffer_before_minutes", "business_id", "cancel_lead_time", "created_at", "currency", "description", "enabled", "id", "lead_time", "location_id", "location_type", "location_value", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "time_increment", "updated_at", "working_hours") VALUES (NEW."alias", NEW."archived_at", NEW."availability_limit_days", NEW."bookings_per_timeslot", NEW."bookings_require_approval", NEW."buffer_after_minutes", NEW."buffer_before_minutes", NEW."business_id", NEW."cancel_lead_time", NEW."created_at", NEW."currency", NEW."description", NEW."enabled", NEW."id", NEW."lead_time", NEW."location_id", NEW."location_type", NEW."location_value", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."time_increment", NEW."updated_at", NEW."working_hours"); RETURN NULL;',
                    hash="12e92bd038f55056235a62f50bf22eb90840f53e",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_7833b",
                    table="businesses_service",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="service",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "businesses_serviceevent" ("alias", "archived_at", "availability_limit_days", "bookings_per_timeslot", "bookings_require_approval", "buffer_after_minutes", "buffer_before_minutes", "business_id", "cancel_lead_time", "created_at", "currency", "description", "enabled", "id", "lead_time", "location_id", "location_type", "location_value", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "time_increment", "updated_at", "working_hours") VALUES (OLD."alias", OLD."archived_at", OLD."availability_limit_days", OLD."bookings_per_timeslot", OLD."bookings_require_approval", OLD."buffer_after_minutes", OLD."buffer_before_minutes", OLD."business_id", OLD."cancel_lead_time", OLD."created_at", OLD."currency", OLD."description", OLD."enabled", OLD."id", OLD."lead_time", OLD."location_id", OLD."location_type", OLD."location_value", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."time_increment", OLD."updated_at", OLD."working_hours"); RETURN NULL;',
                    hash="688f4e8944b1de52620ec95bfbc962cd16273520",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_f3e98",
                    table="businesses_service",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("archived_at__isnull", True), ("enabled", False), _connector="OR"
                ),
                name="archived_service_is_not_booked",
            ),
        ),
        migrations.RunSQL(RATES, "DROP TABLE businesses_keyuse"),
        migrations.RunSQL(ALWAYS, migrations.RunSQL.noop),
    ]
