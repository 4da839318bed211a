import django.contrib.postgres.indexes
import django.db.models.functions.comparison
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# pgtrigger's triggers ask this function whether the session has switched them off; here nothing
# can. It is created anew with each trigger, so this migration ends with it.
ALWAYS = """
CREATE OR REPLACE FUNCTION public._pgtrigger_should_ignore(trigger_name name) RETURNS boolean
LANGUAGE sql IMMUTABLE RETURN false
"""


class Migration(migrations.Migration):
    dependencies = [
        ("patients", "0003_tenant_keys"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="patient",
            name="insert_insert",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="patient",
            name="update_update",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="patient",
            name="delete_delete",
        ),
        migrations.AddField(
            model_name="patient",
            name="alert",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Shown to whoever books, such as: needs an interpreter.",
                max_length=300,
                verbose_name="alert",
            ),
        ),
        migrations.AddField(
            model_name="patientevent",
            name="alert",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Shown to whoever books, such as: needs an interpreter.",
                max_length=300,
                verbose_name="alert",
            ),
        ),
        # A generated column can't be altered: away with it and its index, and anew.
        migrations.RemoveIndex(model_name="patient", name="patients_by_text"),
        migrations.RemoveField(model_name="patient", name="search"),
        migrations.AddField(
            model_name="patient",
            name="search",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    django.db.models.functions.text.Concat(
                        models.Value(" "),
                        models.F("name"),
                        models.Value(" "),
                        django.db.models.functions.comparison.Coalesce(
                            models.F("email"), models.Value(""), output_field=models.TextField()
                        ),
                        models.Value(" "),
                        models.F("phone_mobile"),
                        models.Value(" "),
                        models.Func(
                            models.F("phone_mobile"),
                            models.Value("[^0-9]"),
                            models.Value(""),
                            models.Value("g"),
                            function="regexp_replace",
                            output_field=models.TextField(),
                        ),
                        output_field=models.TextField(),
                    ),
                    function="searchable_text",
                    output_field=models.TextField(),
                ),
                output_field=models.TextField(),
            ),
        ),
        migrations.AddIndex(
            model_name="patient",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.indexes.OpClass(models.F("search"), name="gin_trgm_ops"),
                name="patients_by_text",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "patients_patientevent" ("alert", "archived_at", "archived_reason", "biological_sex", "business_id", "created_at", "dob", "email", "gender", "height", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_mobile", "primary_staff_id", "timezone", "updated_at", "weight") VALUES (NEW."alert", NEW."archived_at", NEW."archived_reason", NEW."biological_sex", NEW."business_id", NEW."created_at", NEW."dob", NEW."email", NEW."gender", NEW."height", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'insert\', NEW."id", NEW."phone_mobile", NEW."primary_staff_id", NEW."timezone", NEW."updated_at", NEW."weight"); RETURN NULL;',
                    hash="26dadb0f6b1d730319d1d266ae382d21794318ee",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_62165",
                    table="patients_patient",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."alert" IS DISTINCT FROM (NEW."alert") OR OLD."archived_at" IS DISTINCT FROM (NEW."archived_at") OR OLD."archived_reason" IS DISTINCT FROM (NEW."archived_reason") OR OLD."biological_sex" IS DISTINCT FROM (NEW."biological_sex") OR OLD."business_id" IS DISTINCT FROM (NEW."business_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."dob" IS DISTINCT FROM (NEW."dob") OR OLD."email" IS DISTINCT FROM (NEW."email") OR OLD."gender" IS DISTINCT FROM (NEW."gender") OR OLD."height" IS DISTINCT FROM (NEW."height") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."name" IS DISTINCT FROM (NEW."name") OR OLD."phone_mobile" IS DISTINCT FROM (NEW."phone_mobile") OR OLD."primary_staff_id" IS DISTINCT FROM (NEW."primary_staff_id") OR OLD."timezone" IS DISTINCT FROM (NEW."timezone") OR OLD."updated_at" IS DISTINCT FROM (NEW."updated_at") OR OLD."weight" IS DISTINCT FROM (NEW."weight"))',
                    func='INSERT INTO "patients_patientevent" ("alert", "archived_at", "archived_reason", "biological_sex", "business_id", "created_at", "dob", "email", "gender", "height", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_mobile", "primary_staff_id", "timezone", "updated_at", "weight") VALUES (NEW."alert", NEW."archived_at", NEW."archived_reason", NEW."biological_sex", NEW."business_id", NEW."created_at", NEW."dob", NEW."email", NEW."gender", NEW."height", NEW."id", NEW."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'update\', NEW."id", NEW."phone_mobile", NEW."primary_staff_id", NEW."timezone", NEW."updated_at", NEW."weight"); RETURN NULL;',
                    hash="19b6bb34475a0ddaf61619282c60a1daf3ac1e12",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_546ce",
                    table="patients_patient",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="patient",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='INSERT INTO "patients_patientevent" ("alert", "archived_at", "archived_reason", "biological_sex", "business_id", "created_at", "dob", "email", "gender", "height", "id", "name", "pgh_context", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "phone_mobile", "primary_staff_id", "timezone", "updated_at", "weight") VALUES (OLD."alert", OLD."archived_at", OLD."archived_reason", OLD."biological_sex", OLD."business_id", OLD."created_at", OLD."dob", OLD."email", OLD."gender", OLD."height", OLD."id", OLD."name", COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB, COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_id\', TRUE), \'\'), NULL)::UUID, NOW(), \'delete\', OLD."id", OLD."phone_mobile", OLD."primary_staff_id", OLD."timezone", OLD."updated_at", OLD."weight"); RETURN NULL;',
                    hash="fac09e9d45174c1b97b9128b8df3ef78dc70f421",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_9898d",
                    table="patients_patient",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(ALWAYS, migrations.RunSQL.noop),
    ]
