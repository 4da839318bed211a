"""The examples that RFC 5545 prints in section 3.8.5.3, in its order, all of them.

Where one example gives two rules, there are two cases. All start at 9:00 in America/New_York.
"""

from dataclasses import dataclass

EXAMPLES = 38  # headings in the section


@dataclass(frozen=True, slots=True)
class Case:
    title: str
    start: str
    rule: str  # as printed
    dates: str  # as printed, in short: year, EDT or EST, month, days; 2-11 and 2-30/2 are runs
    refused: str = ""  # the code with which the printed rule is refused
    sent: str = ""  # what to send instead, where that means the same
    first: str = ""  # the first date where it isn't the start, which the RFC takes out by EXDATE


ENDLESS = "invalid_rrule"
REFUSED = "rrule_not_supported"

CASES = [
    Case(
        "Daily for 10 occurrences",
        "1997-09-02",
        "FREQ=DAILY;COUNT=10",
        "1997 EDT Sep 2-11",
    ),
    Case(
        "Daily until December 24, 1997",
        "1997-09-02",
        "FREQ=DAILY;UNTIL=19971224T000000Z",
        "1997 EDT Sep 2-30 Oct 1-25 EST Oct 26-31 Nov 1-30 Dec 1-23",
    ),
    Case(
        "Every other day - forever",
        "1997-09-02",
        "FREQ=DAILY;INTERVAL=2",
        "1997 EDT Sep 2-30/2 Oct 2-24/2 EST Oct 26-30/2 Nov 1-29/2 Dec 1 3",
        refused=ENDLESS,
        sent="FREQ=DAILY;INTERVAL=2;COUNT=47",
    ),
    Case(
        "Every 10 days, 5 occurrences",
        "1997-09-02",
        "FREQ=DAILY;INTERVAL=10;COUNT=5",
        "1997 EDT Sep 2 12 22 Oct 2 12",
    ),
    Case(
        "Every day in January, for 3 years",
        "1998-01-01",
        "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA",
        "1998 EST Jan 1-31 1999 EST Jan 1-31 2000 EST Jan 1-31",
    ),
    Case(
        "Every day in January, for 3 years",
        "1998-01-01",
        "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1",
        "1998 EST Jan 1-31 1999 EST Jan 1-31 2000 EST Jan 1-31",
    ),
    Case(
        "Weekly for 10 occurrences",
        "1997-09-02",
        "FREQ=WEEKLY;COUNT=10",
        "1997 EDT Sep 2 9 16 23 30 Oct 7 14 21 EST Oct 28 Nov 4",
    ),
    Case(
        "Weekly until December 24, 1997",
        "1997-09-02",
        "FREQ=WEEKLY;UNTIL=19971224T000000Z",
        "1997 EDT Sep 2 9 16 23 30 Oct 7 14 21 EST Oct 28 Nov 4 11 18 25 Dec 2 9 16 23",
    ),
    Case(
        "Every other week - forever",
        "1997-09-02",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU",
        "1997 EDT Sep 2 16 30 Oct 14 EST Oct 28 Nov 11 25 Dec 9 23 1998 EST Jan 6 20 Feb 3 17",
        refused=REFUSED,
        sent="FREQ=WEEKLY;INTERVAL=2;COUNT=13",
    ),
    Case(
        "Weekly on Tuesday and Thursday for five weeks",
        "1997-09-02",
        "FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH",
        "1997 EDT Sep 2 4 9 11 16 18 23 25 30 Oct 2",
        refused=REFUSED,
        sent="FREQ=WEEKLY;UNTIL=19971007T000000Z;BYDAY=TU,TH",
    ),
    Case(
        "Weekly on Tuesday and Thursday for five weeks",
        "1997-09-02",
        "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH",
        "1997 EDT Sep 2 4 9 11 16 18 23 25 30 Oct 2",
        refused=REFUSED,
        sent="FREQ=WEEKLY;COUNT=10;BYDAY=TU,TH",
    ),
    Case(
        "Every other week on Monday, Wednesday, and Friday until December 24, 1997, starting on "
        "Monday, September 1, 1997",
        "1997-09-01",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997 EDT Sep 1 3 5 15 17 19 29 Oct 1 3 13 15 17 "
        "EST Oct 27 29 31 Nov 10 12 14 24 26 28 Dec 8 10 12 22",
        refused=REFUSED,
        sent="FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;BYDAY=MO,WE,FR",
    ),
    Case(
        "Every other week on Tuesday and Thursday, for 8 occurrences",
        "1997-09-02",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH",
        "1997 EDT Sep 2 4 16 18 30 Oct 2 14 16",
        refused=REFUSED,
        sent="FREQ=WEEKLY;INTERVAL=2;COUNT=8;BYDAY=TU,TH",
    ),
    Case(
        "Monthly on the first Friday for 10 occurrences",
        "1997-09-05",
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "1997 EDT Sep 5 Oct 3 EST Nov 7 Dec 5 1998 EST Jan 2 Feb 6 Mar 6 Apr 3 EDT May 1 Jun 5",
    ),
    Case(
        "Monthly on the first Friday until December 24, 1997",
        "1997-09-05",
        "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR",
        "1997 EDT Sep 5 Oct 3 EST Nov 7 Dec 5",
    ),
    Case(
        "Every other month on the first and last Sunday of the month for 10 occurrences",
        "1997-09-07",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997 EDT Sep 7 28 EST Nov 2 30 1998 EST Jan 4 25 Mar 1 29 EDT May 3 31",
    ),
    Case(
        "Monthly on the second-to-last Monday of the month for 6 months",
        "1997-09-22",
        "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO",
        "1997 EDT Sep 22 Oct 20 EST Nov 17 Dec 22 1998 EST Jan 19 Feb 16",
    ),
    Case(
        "Monthly on the third-to-the-last day of the month, forever",
        "1997-09-28",
        "FREQ=MONTHLY;BYMONTHDAY=-3",
        "1997 EDT Sep 28 EST Oct 29 Nov 28 Dec 29 1998 EST Jan 29 Feb 26",
        refused=ENDLESS,
        sent="FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=6",
    ),
    Case(
        "Monthly on the 2nd and 15th of the month for 10 occurrences",
        "1997-09-02",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15",
        "1997 EDT Sep 2 15 Oct 2 15 EST Nov 2 15 Dec 2 15 1998 EST Jan 2 15",
    ),
    Case(
        "Monthly on the first and last day of the month for 10 occurrences",
        "1997-09-30",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997 EDT Sep 30 Oct 1 EST Oct 31 Nov 1 30 Dec 1 31 1998 EST Jan 1 31 Feb 1",
    ),
    Case(
        "Every 18 months on the 10th thru 15th of the month for 10 occurrences",
        "1997-09-10",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997 EDT Sep 10-15 1999 EST Mar 10-13",
    ),
    Case(
        "Every Tuesday, every other month",
        "1997-09-02",
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997 EDT Sep 2 9 16 23 30 EST Nov 4 11 18 25 1998 EST Jan 6 13 20 27 Mar 3 10 17 24 31",
        refused=ENDLESS,
        sent="FREQ=MONTHLY;INTERVAL=2;BYDAY=TU;COUNT=18",
    ),
    Case(
        "Yearly in June and July for 10 occurrences",
        "1997-06-10",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997 EDT Jun 10 Jul 10 1998 EDT Jun 10 Jul 10 1999 EDT Jun 10 Jul 10 "
        "2000 EDT Jun 10 Jul 10 2001 EDT Jun 10 Jul 10",
    ),
    Case(
        "Every other year on January, February, and March for 10 occurrences",
        "1997-03-10",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997 EST Mar 10 1999 EST Jan 10 Feb 10 Mar 10 2001 EST Jan 10 Feb 10 Mar 10 "
        "2003 EST Jan 10 Feb 10 Mar 10",
    ),
    Case(
        "Every third year on the 1st, 100th, and 200th day for 10 occurrences",
        "1997-01-01",
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "1997 EST Jan 1 EDT Apr 10 Jul 19 2000 EST Jan 1 EDT Apr 9 Jul 18 "
        "2003 EST Jan 1 EDT Apr 10 Jul 19 2006 EST Jan 1",
        refused=REFUSED,
    ),
    Case(
        "Every 20th Monday of the year, forever",
        "1997-05-19",
        "FREQ=YEARLY;BYDAY=20MO",
        "1997 EDT May 19 1998 EDT May 18 1999 EDT May 17",
        refused=ENDLESS,
        sent="FREQ=YEARLY;BYDAY=20MO;COUNT=3",
    ),
    Case(
        "Monday of week number 20 (where the default start of the week is Monday), forever",
        "1997-05-12",
        "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO",
        "1997 EDT May 12 1998 EDT May 11 1999 EDT May 17",
        refused=REFUSED,
    ),
    Case(
        "Every Thursday in March, forever",
        "1997-03-13",
        "FREQ=YEARLY;BYMONTH=3;BYDAY=TH",
        "1997 EST Mar 13 20 27 1998 EST Mar 5 12 19 26 1999 EST Mar 4 11 18 25",
        refused=ENDLESS,
        sent="FREQ=YEARLY;BYMONTH=3;BYDAY=TH;COUNT=11",
    ),
    Case(
        "Every Thursday, but only during June, July, and August, forever",
        "1997-06-05",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "1997 EDT Jun 5 12 19 26 Jul 3 10 17 24 31 Aug 7 14 21 28 "
        "1998 EDT Jun 4 11 18 25 Jul 2 9 16 23 30 Aug 6 13 20 27 "
        "1999 EDT Jun 3 10 17 24 Jul 1 8 15 22 29 Aug 5 12 19 26",
        refused=ENDLESS,
        sent="FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8;COUNT=39",
    ),
    Case(
        "Every Friday the 13th, forever",
        "1997-09-02",
        "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13",
        "1998 EST Feb 13 Mar 13 Nov 13 1999 EDT Aug 13 2000 EDT Oct 13",
        refused=ENDLESS,
        sent="FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=5",
        first="1998-02-13",
    ),
    Case(
        "The first Saturday that follows the first Sunday of the month, forever",
        "1997-09-13",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997 EDT Sep 13 Oct 11 EST Nov 8 Dec 13 1998 EST Jan 10 Feb 7 Mar 7 "
        "EDT Apr 11 May 9 Jun 13",
        refused=ENDLESS,
        sent="FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13;COUNT=10",
    ),
    Case(
        "Every 4 years, the first Tuesday after a Monday in November, forever "
        "(U.S. Presidential Election day)",
        "1996-11-05",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996 EST Nov 5 2000 EST Nov 7 2004 EST Nov 2",
        refused=ENDLESS,
        sent="FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;COUNT=3",
    ),
    Case(
        "The third instance into the month of one of Tuesday, Wednesday, or Thursday, for the next "
        "3 months",
        "1997-09-04",
        "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
        "1997 EDT Sep 4 Oct 7 EST Nov 6",
    ),
    Case(
        "The second-to-last weekday of the month",
        "1997-09-29",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997 EDT Sep 29 EST Oct 30 Nov 27 Dec 30 1998 EST Jan 29 Feb 26 Mar 30",
        refused=ENDLESS,
        sent="FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2;COUNT=7",
    ),
    Case(
        "Every 3 hours from 9:00 AM to 5:00 PM on a specific day",
        "1997-09-02",
        "FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z",
        "1997 EDT Sep 2",
        refused=REFUSED,
    ),
    Case(
        "Every 15 minutes for 6 occurrences",
        "1997-09-02",
        "FREQ=MINUTELY;INTERVAL=15;COUNT=6",
        "1997 EDT Sep 2",
        refused=REFUSED,
    ),
    Case(
        "Every hour and a half for 4 occurrences",
        "1997-09-02",
        "FREQ=MINUTELY;INTERVAL=90;COUNT=4",
        "1997 EDT Sep 2",
        refused=REFUSED,
    ),
    Case(
        "Every 20 minutes from 9:00 AM to 4:40 PM every day",
        "1997-09-02",
        "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40",
        "1997 EDT Sep 2 3",
        refused=REFUSED,
    ),
    Case(
        "Every 20 minutes from 9:00 AM to 4:40 PM every day",
        "1997-09-02",
        "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16",
        "1997 EDT Sep 2 3",
        refused=REFUSED,
    ),
    Case(
        "An example where the days generated makes a difference because of WKST",
        "1997-08-05",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
        "1997 EDT Aug 5 10 19 24",
        refused=REFUSED,
        sent="FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU",
    ),
    Case(
        "An example where the days generated makes a difference because of WKST",
        "1997-08-05",
        "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
        "1997 EDT Aug 5 17 19 31",
        refused=REFUSED,
    ),
    Case(
        "An example where an invalid date (i.e., February 30) is ignored",
        "2007-01-15",
        "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
        "2007 EST Jan 15 30 Feb 15 EDT Mar 15 30",
    ),
]
