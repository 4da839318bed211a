from django.db import migrations

# The dictionary is named with its schema: an immutable function may not depend on search_path.
CREATE = """
CREATE FUNCTION searchable_text(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN lower(public.unaccent('public.unaccent'::regdictionary, given))
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("businesses", "0001_extensions")]
    operations = [migrations.RunSQL(CREATE, "DROP FUNCTION searchable_text(text)")]
