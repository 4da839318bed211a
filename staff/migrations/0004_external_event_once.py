from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0003_repeated_blockers"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="externalevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=("business", "staff", "external_id"),
                name="external_event_is_there_once",
            ),
        ),
    ]
