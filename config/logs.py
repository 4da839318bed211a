"""How a line of the log is written: without the secrets of patients' links."""

import logging
import re

# A link's token stands in its address, and addresses get into logs.
TOKEN = re.compile(r"(token=)[^\s&\"'<>]+", re.IGNORECASE)


class Line(logging.Formatter):
    """One line, its traceback included, with an ellipsis in the place of every token."""

    def format(self, record: logging.LogRecord) -> str:
        return TOKEN.sub(r"\1…", super().format(record))
