"""English, as written in the United States: twelve hours, and weeks that begin on Sunday."""

DATE_FORMAT = "F j, Y"
SHORT_DATE_FORMAT = "M j, Y"
LONG_DATE_FORMAT = "l, F j, Y"
LONG_DAY_FORMAT = "l, F j"
DAY_FORMAT = "D, M j"
DAY_YEAR_FORMAT = "D, M j, Y"
MONTH_DAY_FORMAT = "F j"
SHORT_MONTH_DAY_FORMAT = "M j"
YEAR_MONTH_FORMAT = "F Y"
TIME_FORMAT = "g:i a"
HOUR_FORMAT = "g a"
DATETIME_FORMAT = "F j, Y, g:i a"
SHORT_DATETIME_FORMAT = "M j, Y, g:i a"
LONG_DATETIME_FORMAT = "l, F j, Y, g:i a"
DAY_TIME_FORMAT = "D, M j, g:i a"
DAY_YEAR_TIME_FORMAT = "D, M j, Y, g:i a"
SHORT_MONTH_DAY_TIME_FORMAT = "M j, g:i a"
EXACT_DATETIME_FORMAT = "M j, Y, g:i:s a"
FIRST_DAY_OF_WEEK = 0
DECIMAL_SEPARATOR = "."
THOUSAND_SEPARATOR = ","
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y", "%b %d, %Y", "%B %d, %Y"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M"]
