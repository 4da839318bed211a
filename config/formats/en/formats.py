"""English, as written where the clock has twenty-four hours."""

DATE_FORMAT = "j F Y"
SHORT_DATE_FORMAT = "j M Y"
LONG_DATE_FORMAT = "l j F Y"
LONG_DAY_FORMAT = "l j F"
DAY_FORMAT = "D j M"
DAY_YEAR_FORMAT = "D j M Y"
MONTH_DAY_FORMAT = "j F"
SHORT_MONTH_DAY_FORMAT = "j M"
YEAR_MONTH_FORMAT = "F Y"
TIME_FORMAT = "H:i"
HOUR_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y, H:i"
SHORT_DATETIME_FORMAT = "j M Y, H:i"
LONG_DATETIME_FORMAT = "l j F Y, H:i"
DAY_TIME_FORMAT = "D j M, H:i"
DAY_YEAR_TIME_FORMAT = "D j M Y, H:i"
SHORT_MONTH_DAY_TIME_FORMAT = "j M, H:i"
EXACT_DATETIME_FORMAT = "j M Y, H:i:s"
FIRST_DAY_OF_WEEK = 1
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d %b %Y", "%d %B %Y"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%H.%M"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M"]
