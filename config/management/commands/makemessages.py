"""Django's command, with what keeps the catalogues quiet in a version control."""

from typing import Any

from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """One line a sentence, files without line numbers, nothing old, and nothing that is guessed."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        options |= {"add_location": "file", "no_wrap": True, "no_obsolete": True}
        options["ignore_patterns"] = [*options["ignore_patterns"], "tests/*", "staticfiles/*"]
        # Django adds its options to these lists, which would stay for the next call.
        for name in (
            "msgmerge_options",
            "msguniq_options",
            "msgattrib_options",
            "xgettext_options",
        ):
            setattr(self, name, list(getattr(self, name)))
        super().handle(*args, **options)
