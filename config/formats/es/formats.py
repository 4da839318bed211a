"""Spanish, with dates as they are written in Spain."""

DATE_FORMAT = r"j \d\e F \d\e Y"
SHORT_DATE_FORMAT = "d/m/Y"
LONG_DATE_FORMAT = r"l, j \d\e F \d\e Y"
LONG_DAY_FORMAT = r"l, j \d\e F"
DAY_FORMAT = "D j b"
DAY_YEAR_FORMAT = "D j b Y"
MONTH_DAY_FORMAT = r"j \d\e F"
SHORT_MONTH_DAY_FORMAT = "j b"
YEAR_MONTH_FORMAT = r"F \d\e Y"
TIME_FORMAT = "H:i"
HOUR_FORMAT = "H:i"
DATETIME_FORMAT = r"j \d\e F \d\e Y, H:i"
SHORT_DATETIME_FORMAT = "d/m/Y, H:i"
LONG_DATETIME_FORMAT = r"l, j \d\e F \d\e Y, H:i"
DAY_TIME_FORMAT = "D j b, H:i"
DAY_YEAR_TIME_FORMAT = "D j b Y, H:i"
SHORT_MONTH_DAY_TIME_FORMAT = "j b, H:i"
EXACT_DATETIME_FORMAT = "d/m/Y, H:i:s"
FIRST_DAY_OF_WEEK = 1
DECIMAL_SEPARATOR = ","
THOUSAND_SEPARATOR = "."
DATE_INPUT_FORMATS = ["%d/%m/%Y", "%d/%m/%y", "%Y-%m-%d"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f"]
DATETIME_INPUT_FORMATS = ["%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%d %H:%M"]
