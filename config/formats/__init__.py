"""How each language writes dates and times: the names that pages use, `date:"DAY_FORMAT"`.

Beside Django's own names there are

    LONG_DATE_FORMAT, LONG_DATETIME_FORMAT    with the weekday, nothing abbreviated
    LONG_DAY_FORMAT                           the same without the year
    DAY_FORMAT, DAY_TIME_FORMAT               weekday, day and month, as short as can be
    DAY_YEAR_FORMAT, DAY_YEAR_TIME_FORMAT     the same with the year
    SHORT_MONTH_DAY_FORMAT, …_TIME_FORMAT     day and month, as short as can be
    EXACT_DATETIME_FORMAT                     to the second
    HOUR_FORMAT                               a full hour beside the grid of a day
"""
