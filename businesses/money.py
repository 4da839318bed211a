"""Amounts as people read and type them."""

import re
from decimal import Decimal

from django.utils.formats import number_format

# ISO 4217: currencies whose smallest unit is not a hundredth.
# fmt: off
WITHOUT_CENTS = frozenset((
    "bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw", "pyg",
    "rwf", "ugx", "uyi", "vnd", "vuv", "xaf", "xof", "xpf",
))
# fmt: on
THOUSANDTHS = frozenset(["bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"])


def digits_of(currency: str) -> int:
    """How many digits its smallest unit has behind the point."""
    code = currency.lower()
    return 0 if code in WITHOUT_CENTS else 3 if code in THOUSANDTHS else 2


def amount(minor: int, currency: str) -> str:
    """3000 of gbp as `30.00 GBP`, 3000 of jpy as `3,000 JPY`; in German `30,00 GBP`."""
    digits = digits_of(currency)
    whole = Decimal(minor).scaleb(-digits)
    return f"{number_format(whole, digits, force_grouping=True)} {currency.upper()}"


def typed_amount(minor: int, currency: str) -> str:
    """3000 of gbp as it is typed, `30.00`."""
    digits = digits_of(currency)
    whole, rest = divmod(minor, 10**digits)
    return f"{whole}.{rest:0{digits}}" if digits else str(whole)


def read_amount(typed: str, currency: str) -> int:
    """`30`, `30.5` or `30,50` in the smallest unit; ValueError for anything else."""
    digits = digits_of(currency)
    found = re.fullmatch(r"(\d{1,12})(?:[.,](\d+))?", typed.strip(), re.ASCII)
    if found is None or len(found[2] or "") > digits:
        raise ValueError(typed)
    minor: int = int(found[1]) * 10**digits + int((found[2] or "").ljust(digits, "0") or 0)
    return minor
