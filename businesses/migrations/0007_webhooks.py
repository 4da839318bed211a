import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# pgtrigger's triggers ask this function whether the session has switched them off; here nothing
# can. It is created anew with each trigger, so this migration ends with it.
ALWAYS = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE RETURN false
"""
# A version 7 UUID: PostgreSQL has a function for that from version 18 on.
NEW_ID = """
CREATE FUNCTION businesses_new_id() RETURNS uuid LANGUAGE sql VOLATILE
RETURN encode(
    set_bit(
        set_bit(
            overlay(
                uuid_send(gen_random_uuid())
                PLACING substring(
                    int8send(floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
                FROM 1 FOR 6),
            52, 1),
        53, 1),
    'hex')::uuid
"""
NUMBER = "businesses_webhookdelivery_number"
TABLES = (
    ("businesses_outgoingwebhook", "id"),
    ("businesses_outgoingwebhookevent", "pgh_id"),
    ("businesses_webhookdelivery", "id"),
    ("businesses_webhookattempt", "id"),
)
REFERENCES = (
    ("businesses_webhookdelivery", "webhook_id", "businesses_outgoingwebhook"),
    ("businesses_webhookattempt", "delivery_id", "businesses_webhookdelivery"),
)


class Migration(migrations.Migration):
    dependencies = [
        ("businesses", "0006_api_columns"),
    ]

    operations = [
        migrations.RunSQL(f"CREATE SEQUENCE {NUMBER}", f"DROP SEQUENCE {NUMBER}"),
        migrations.RunSQL(NEW_ID, "DROP FUNCTION businesses_new_id()"),
        migrations.CreateModel(
            name="OutgoingWebhook",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "endpoint",
                    models.CharField(
                        help_text="Such as https://example.com/hooks. It is sent each event by POST.",
                        max_length=2000,
                        verbose_name="address",
                    ),
                ),
                (
                    "enabled",
                    models.BooleanField(
                        default=True,
                        help_text="Off: nothing is sent, and nothing is kept.",
                        verbose_name="switched on",
                    ),
                ),
                ("secret", models.CharField(editable=False, max_length=100)),
                (
                    "previous_secret",
                    models.CharField(blank=True, default="", editable=False, max_length=100),
                ),
                (
                    "previous_until",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        null=True,
                        verbose_name="the previous secret signs until",
                    ),
                ),
                (
                    "failing_since",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="failing since"
                    ),
                ),
                ("rests_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "disabled_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        null=True,
                        verbose_name="switched off because it failed",
                    ),
                ),
                (
                    "told_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="owner told"
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s",
                        to="businesses.business",
                        verbose_name="business",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "ordering": ("created_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="OutgoingWebhookEvent",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                ("pgh_context_id", models.UUIDField(null=True)),
                ("id", models.UUIDField(editable=False, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "endpoint",
                    models.CharField(
                        help_text="Such as https://example.com/hooks. It is sent each event by POST.",
                        max_length=2000,
                        verbose_name="address",
                    ),
                ),
                (
                    "enabled",
                    models.BooleanField(
                        default=True,
                        help_text="Off: nothing is sent, and nothing is kept.",
                        verbose_name="switched on",
                    ),
                ),
                (
                    "disabled_at",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        null=True,
                        verbose_name="switched off because it failed",
                    ),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="businesses.business",
                        verbose_name="business",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="businesses.outgoingwebhook",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=models.Func(
                            models.Value("businesses_webhookdelivery_number"), function="nextval"
                        ),
                        editable=False,
                        verbose_name="number",
                    ),
                ),
                ("subject", models.UUIDField(verbose_name="appointment")),
                (
                    "name",
                    models.CharField(
                        choices=[
                            ("appointment.create", "Booked"),
                            ("appointment.request", "Requested"),
                            ("appointment.update", "Changed"),
                            ("appointment.delete", "Cancelled"),
                            ("webhook.test", "Test"),
                        ],
                        max_length=40,
                        verbose_name="event",
                    ),
                ),
                ("body", models.TextField(verbose_name="body")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Waiting"),
                            ("delivered", "Delivered"),
                            ("dead", "Given up"),
                        ],
                        default="pending",
                        max_length=10,
                        verbose_name="status",
                    ),
                ),
                ("attempts", models.PositiveIntegerField(default=0, verbose_name="attempts")),
                (
                    "begun_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="first attempt"),
                ),
                ("due_at", models.DateTimeField(verbose_name="next attempt")),
                ("leased_until", models.DateTimeField(blank=True, null=True)),
                (
                    "delivered_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="delivered"),
                ),
                (
                    "business",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s",
                        to="businesses.business",
                        verbose_name="business",
                    ),
                ),
                (
                    "webhook",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="businesses.outgoingwebhook",
                        verbose_name="webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook delivery",
                "verbose_name_plural": "webhook deliveries",
                "ordering": ("-number",),
            },
        ),
        migrations.CreateModel(
            name="WebhookAttempt",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                ("updated_at", models.DateTimeField(auto_now=True, verbose_name="changed")),
                ("at", models.DateTimeField(verbose_name="at")),
                ("milliseconds", models.PositiveIntegerField(verbose_name="milliseconds")),
                (
                    "status_code",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="status"),
                ),
                (
                    "error",
                    models.CharField(
                        blank=True, default="", max_length=500, verbose_name="what went wrong"
                    ),
                ),
                ("answer", models.TextField(blank=True, default="", verbose_name="answer")),
                (
                    "business",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="%(class)s",
                        to="businesses.business",
                        verbose_name="business",
                    ),
                ),
                (
                    "delivery",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tries",
                        to="businesses.webhookdelivery",
                        verbose_name="delivery",
                    ),
                ),
            ],
            options={
                "verbose_name": "webhook attempt",
                "verbose_name_plural": "webhook attempts",
                "ordering": ("at", "id"),
            },
        ),
        migrations.AddConstraint(
            model_name="outgoingwebhook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disabled_at__isnull", True), ("enabled", False), _connector="OR"
                ),
                name="webhook_switched_off_is_off",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outgoingwebhook",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "businesses_outgoingwebhookevent" ("business_id", "created_at", "disabled_at", "enabled", "endpoint", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."business_id", NEW."created_at", NEW."disabled_at", NEW."enabled", NEW."endpoint", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="4d2b1aac88899dc066abce96b4587973fb75cac2",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_fd644",
                    table="businesses_outgoingwebhook",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outgoingwebhook",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."business_id" IS DISTINCT FROM (NEW."business_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."disabled_at" IS DISTINCT FROM (NEW."disabled_at") OR OLD."enabled" IS DISTINCT FROM (NEW."enabled") OR OLD."endpoint" IS DISTINCT FROM (NEW."endpoint") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at"))',
                    func='INSERT INTO "businesses_outgoingwebhookevent" ("business_id", "created_at", "disabled_at", "enabled", "endpoint", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (NEW."business_id", NEW."created_at", NEW."disabled_at", NEW."enabled", NEW."endpoint", NEW."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."updated_at"); RETURN NULL;',
                    hash="cf9f1d70d62bd0f6999cdf06b61930776825b9af",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_0d32d",
                    table="businesses_outgoingwebhook",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outgoingwebhook",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "businesses_outgoingwebhookevent" ("business_id", "created_at", "disabled_at", "enabled", "endpoint", "id", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "updated_at") VALUES (OLD."business_id", OLD."created_at", OLD."disabled_at", OLD."enabled", OLD."endpoint", OLD."id", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."updated_at"); RETURN NULL;',
                    hash="1f53e62cd056098e81b324a941d6757aca13b5dd",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_7ed45",
                    table="businesses_outgoingwebhook",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="outgoingwebhookevent",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="dcaa718ef1ad8e1be8d35b9d80954b4d7cb0f4bd",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_29174",
                    table="businesses_outgoingwebhookevent",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["business", "webhook", "due_at", "number"],
                name="webhook_deliveries_due",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["business", "webhook", "subject", "number"],
                name="webhook_deliveries_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("leased_until__isnull", False)),
                fields=["business", "webhook"],
                name="webhook_deliveries_in_flight",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                fields=["business", "webhook", "number"], name="webhook_deliveries_log"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["updated_at"], name="webhook_deliveries_by_age"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "delivered", "dead"])),
                name="webhook_delivery_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("leased_until__isnull", True), ("status", "pending"), _connector="OR"
                ),
                name="webhook_delivery_on_its_way_is_pending",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookattempt",
            index=models.Index(
                fields=["business", "delivery", "at"], name="webhook_attempts_of_delivery"
            ),
        ),
        *(
            migrations.RunSQL(
                f"SELECT make_tenant_table('{table}', '{key}')",
                f"SELECT unmake_tenant_table('{table}', '{key}')",
            )
            for table, key in TABLES
        ),
        *(
            migrations.RunSQL(
                f"SELECT refer_within_business('{table}', '{column}', '{target}')",
                f"SELECT unrefer_within_business('{table}', '{column}')",
            )
            for table, column, target in REFERENCES
        ),
        migrations.RunSQL(ALWAYS, migrations.RunSQL.noop),
    ]
