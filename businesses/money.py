"""Amounts as people read them."""

# ISO 4217: currencies whose smallest unit is not a hundredth.
# fmt: off
WITHOUT_CENTS = frozenset((
    "bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw", "pyg",
    "rwf", "ugx", "uyi", "vnd", "vuv", "xaf", "xof", "xpf",
))
# fmt: on
THOUSANDTHS = frozenset(["bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"])


def amount(minor: int, currency: str) -> str:
    """3000 of gbp as `30.00 GBP`, 3000 of jpy as `3,000 JPY`."""
    code = currency.lower()
    digits = 0 if code in WITHOUT_CENTS else 3 if code in THOUSANDTHS else 2
    return f"{minor / 10**digits:,.{digits}f} {currency.upper()}"
