"""Who works in the demo clinic, what it offers and whom it sees. Nobody here exists."""

from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID, uuid5

from staff.roles import Role

ALIAS: Final = "riverside"
NAME: Final = "Riverside Family Practice"
EMAIL: Final = "hello@riverside.example"
ZONE: Final = "Europe/London"
CURRENCY: Final = "gbp"
NAMESPACE: Final = UUID("0b5dd5c0-6f5e-4b57-9d0b-3a2f64f0c1de")

Hours = dict[str, list[list[int]]]
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday")


def demo_id(kind: str, name: str) -> UUID:
    """The same identifier on every machine."""
    return uuid5(NAMESPACE, f"{kind}:{name}")


BUSINESS_ID: Final = demo_id("business", ALIAS)


def week(*pairs: list[int], days: tuple[str, ...] = WEEKDAYS) -> Hours:
    return {day: [list(pair) for pair in pairs] for day in days}


@dataclass(frozen=True)
class DemoStaff:
    key: str
    name: str
    roles: tuple[Role, ...]
    hours: Hours = field(default_factory=dict)
    logs_in_as: str = ""  # what the summary calls this login; empty: none

    @property
    def id(self) -> UUID:
        return demo_id("staff", self.key)

    @property
    def email(self) -> str:
        return f"{self.key}@riverside.example"


@dataclass(frozen=True)
class DemoService:
    key: str
    name: str
    category: str
    prices: dict[int, int]  # minutes to pence
    hosts: tuple[str, ...] = ()  # empty: everybody who takes bookings
    joined_by: tuple[str, ...] = ()
    description: str = ""
    location: str = "Riverside House"
    location_type: str = "in_person"
    location_value: str = ""
    places: int = 1
    approval: bool = False
    before: int | None = None
    after: int | None = None
    step: int | None = None
    hours: Hours | None = None
    questions: tuple[tuple[str, str, str, bool], ...] = ()  # variable, text, kind, required
    needs: tuple[str, ...] = ()  # kinds of rooms and devices

    @property
    def id(self) -> UUID:
        return demo_id("service", self.key)

    def question_id(self, variable: str) -> UUID:
        return demo_id("question", f"{self.key}.{variable}")


@dataclass(frozen=True)
class DemoWish:
    """Somebody who waits for a time."""

    patient: str
    service: str
    minutes: int
    urgency: int = 3
    hosts: tuple[str, ...] = ()  # empty: anyone
    weekdays: tuple[int, ...] = ()
    days: int = 0  # until so many days ahead; 0: for as long as it takes
    note: str = ""

    @property
    def id(self) -> UUID:
        return demo_id("waitlist", self.patient)


@dataclass(frozen=True)
class DemoPatient:
    name: str
    phone: str
    born: date
    email: str = ""

    @property
    def id(self) -> UUID:
        return demo_id("patient", self.name)


LOCATIONS: Final = {
    "Riverside House": ("4 Mill Lane, London SE1 2AB", "Reception is on the ground floor."),
    "Movement Studio": ("6 Mill Lane, London SE1 2AB", "Ring the second bell and come upstairs."),
}
# Rooms and devices with their kinds, all in Riverside House.
RESOURCES: Final = {
    "Treatment room 1": "treatment room",
    "Treatment room 2": "treatment room",
    "Treatment room 3": "treatment room",
    "Ultrasound": "ultrasound",
}
CATEGORIES: Final = ("Doctors", "Nursing", "Physiotherapy")

STAFF: Final = (
    DemoStaff(
        "amelia",
        "Dr Amelia Hart",
        (Role.OWNER, Role.PRACTITIONER),
        week([900, 1300], [1400, 1700], days=("monday", "tuesday", "wednesday", "thursday")),
        logs_in_as="owner",
    ),
    DemoStaff(
        "daniel",
        "Dr Daniel Okafor",
        (Role.PRACTITIONER,),
        week([800, 1200], [1300, 1630]),
        logs_in_as="practitioner",
    ),
    DemoStaff(
        "priya",
        "Dr Priya Raman",
        (Role.PRACTITIONER,),
        week([1000, 1400], [1500, 1900], days=("tuesday", "wednesday", "thursday", "friday"))
        | {"saturday": [[900, 1300]]},
    ),
    DemoStaff(
        "grace",
        "Grace Mwangi",
        (Role.PRACTITIONER,),
        week([830, 1230], [1330, 1700]),
    ),
    DemoStaff(
        "tom",
        "Tom Lindqvist",
        (Role.PRACTITIONER,),
        week([1200, 1600], [1800, 1900], days=("monday", "wednesday", "friday"))
        | {"saturday": [[900, 1200]]},
    ),
    DemoStaff(
        "sofia",
        "Sofia Marchetti",
        (Role.FRONT_DESK,),
        week([800, 1700]),
        logs_in_as="front desk",
    ),
    DemoStaff("ben", "Ben Ashworth", (Role.MANAGER,), week([900, 1700])),
)
DOCTORS: Final = ("amelia", "daniel", "priya")

SERVICES: Final = (
    DemoService(
        "first-consultation",
        "First consultation",
        "Doctors",
        {45: 9500, 60: 12000},
        hosts=DOCTORS,
        description="For patients who are new to the practice.",
        after=10,
        questions=(
            ("reason", "What brings you to us?", "text", True),
            ("medicines", "Which medicines do you take?", "text", False),
        ),
    ),
    DemoService(
        "follow-up",
        "Follow-up",
        "Doctors",
        {15: 4000, 30: 6500},
        hosts=DOCTORS,
    ),
    DemoService(
        "telephone-advice",
        "Telephone advice",
        "Doctors",
        {10: 2500},
        hosts=DOCTORS,
        location="",
        location_type="phone",
        location_value="We call you",
        step=10,
    ),
    DemoService(
        "minor-surgery",
        "Minor surgery",
        "Doctors",
        {60: 24000},
        hosts=("amelia",),
        joined_by=("grace",),
        description="Dr Hart looks at every request first. A nurse assists.",
        approval=True,
        before=15,
        after=15,
        questions=(
            ("thinner", "Do you take a blood thinner?", "text", True),
            ("weight", "Your weight in kilograms", "number", False),
        ),
    ),
    DemoService(
        "blood-test",
        "Blood test",
        "Nursing",
        {15: 3000},
        hosts=("grace",),
        after=5,
    ),
    DemoService(
        "travel-vaccination",
        "Travel vaccination",
        "Nursing",
        {20: 4500},
        hosts=("grace",),
        questions=(("countries", "Which countries do you travel to?", "text", True),),
    ),
    DemoService(
        "physiotherapy",
        "Physiotherapy",
        "Physiotherapy",
        {30: 5500, 45: 7500},
        hosts=("tom",),
        location="Movement Studio",
        before=5,
        after=5,
    ),
    DemoService(
        "back-class",
        "Back class",
        "Physiotherapy",
        {60: 1800},
        hosts=("tom",),
        description="A group of up to eight. Bring loose clothes.",
        location="Movement Studio",
        places=8,
        hours=week([1800, 1900], days=("monday", "wednesday", "friday")),
        step=60,
    ),
    DemoService(
        "ultrasound-scan",
        "Ultrasound scan",
        "Doctors",
        {30: 11000},
        hosts=DOCTORS,
        description="In a treatment room, with the one ultrasound.",
        needs=("treatment room", "ultrasound"),
    ),
    DemoService(
        "wound-care",
        "Wound care",
        "Nursing",
        {20: 3500},
        hosts=("grace",),
        needs=("treatment room",),
    ),
)

# The numbers are from the range that the British regulator keeps free for fiction.
PATIENTS: Final = tuple(
    DemoPatient(name, f"+44 7700 900{number}", date.fromisoformat(born), email)
    for name, number, born, email in (
        ("Aisha Rahman", "101", "1988-03-14", "aisha.rahman@mail.example"),
        ("Alan Whitcombe", "102", "1951-11-02", "alan.whitcombe@mail.example"),
        ("Beatriz García", "103", "1979-07-21", "beatriz.garcia@mail.example"),
        ("Callum Fraser", "104", "1994-01-30", "callum.fraser@mail.example"),
        ("Chloé Martin", "105", "1990-09-09", "chloe.martin@mail.example"),
        ("David Osei", "106", "1967-05-17", "david.osei@mail.example"),
        ("Eleanor Pike", "107", "1943-12-24", "eleanor.pike@mail.example"),
        ("Emeka Nwosu", "108", "1985-02-11", "emeka.nwosu@mail.example"),
        ("Fatima Al-Sayed", "109", "1998-06-05", "fatima.alsayed@mail.example"),
        ("George Tanner", "110", "1939-08-19", "george.tanner@mail.example"),
        ("Hannah Bennett", "111", "1986-04-27", "hannah.bennett@mail.example"),
        # Her children: her telephone, and no e-mail of their own.
        ("Isla Bennett", "111", "2016-10-03", ""),
        ("Oliver Bennett", "111", "2019-02-22", ""),
        ("Ingrid Sørensen", "114", "1972-03-08", "ingrid.sorensen@mail.example"),
        ("Jack Harrison", "115", "2001-07-12", "jack.harrison@mail.example"),
        ("Jasmine Kaur", "116", "1995-11-28", "jasmine.kaur@mail.example"),
        ("Katarzyna Wójcik", "117", "1983-01-16", "katarzyna.wojcik@mail.example"),
        ("Leo Fontaine", "118", "1976-09-30", "leo.fontaine@mail.example"),
        ("Linh Nguyen", "119", "1992-05-06", "linh.nguyen@mail.example"),
        ("Margaret O'Brien", "120", "1948-06-18", "margaret.obrien@mail.example"),
        ("Mehmet Yıldız", "121", "1981-10-25", "mehmet.yildiz@mail.example"),
        ("Miriam Goldberg", "122", "1959-04-02", "miriam.goldberg@mail.example"),
        ("Nadia Petrova", "123", "1989-12-13", "nadia.petrova@mail.example"),
        ("Owen Llewellyn", "124", "1963-08-07", "owen.llewellyn@mail.example"),
        ("Rosa Delgado", "125", "1970-02-19", "rosa.delgado@mail.example"),
        ("Samuel Adeyemi", "126", "2004-09-15", "samuel.adeyemi@mail.example"),
        ("Siobhan Kelly", "127", "1997-03-26", "siobhan.kelly@mail.example"),
        ("Thomas Becker", "128", "1955-07-04", "thomas.becker@mail.example"),
        ("Victoria Lane", "129", "1984-11-11", "victoria.lane@mail.example"),
        ("Yuki Tanaka", "130", "1991-06-29", "yuki.tanaka@mail.example"),
    )
)

WAITLIST: Final = (
    DemoWish("Eleanor Pike", "follow-up", 30, urgency=1, note="Her daughter drives her."),
    DemoWish("Owen Llewellyn", "first-consultation", 45, urgency=2, hosts=("amelia", "priya")),
    DemoWish("Chloé Martin", "physiotherapy", 45, weekdays=(1, 3, 5), days=28),
    DemoWish("David Osei", "blood-test", 15, note="Call after five."),
)
