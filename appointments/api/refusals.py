"""Which refusals each operation on appointments may answer, for the schema."""

from appointments import errors
from appointments.errors import BadRequest, Clash, Refusal


def codes(status: int, *refusals: type[Refusal]) -> tuple[str, ...]:
    return tuple(f"{status} {one.code}" for one in refusals)


SERVICE = codes(400, errors.BusinessDisabled, errors.ServiceDisabled, errors.DurationNotOffered)
HOST = codes(400, errors.StaffNotFound, errors.StaffNotBookable, errors.StaffNotProvider)
OFFER = (
    *SERVICE,
    *HOST,
    *codes(
        400,
        errors.ServiceNotFound,
        errors.AdditionalStaffNotFound,
        errors.AdditionalStaffNotBookable,
        errors.AdditionalStaffRepeated,
        errors.QuestionNotFound,
        errors.AnswerNotNumber,
        errors.DateInPast,
    ),
)
# A rule is refused by one of a family; all of them are about what was sent as rrule.
RULE = codes(
    400,
    *(one for one in BadRequest.__subclasses__() if one.field == "rrule"),
    errors.RuleStart,
    errors.OverrideDateUnknown,
    errors.OverrideDateRepeated,
)
ARRAYS = ("400 not_a_list",)
REQUEST = (
    *OFFER,
    *RULE,
    *ARRAYS,
    *codes(400, errors.PatientNotFound, errors.PatientArchived),
    "400 needs_rrule",
)
CLASHES = codes(409, *(one for one in Clash.__subclasses__() if one is not errors.WrongStatus))
IDEMPOTENCY = (*codes(409, errors.InProgress), *codes(422, errors.KeyReused))
SERIES = codes(400, errors.OnlyThis)
STEP = codes(409, errors.WrongStatus)

BOOK = (*REQUEST, *CLASHES, *IDEMPOTENCY)
PREVIEW = (*REQUEST, *codes(409, errors.NoStaffAvailable))
CHANGE = (
    *OFFER,
    *ARRAYS,
    *CLASHES,
    *STEP,
    *SERIES,
    *codes(400, errors.DaysNotShifted, errors.SkippedTime),
    "400 needs_cancellation",
    "400 one_step_only",
)
CANCEL = (*STEP, "400 bad_character", "400 max_length")
SWAP = (
    *HOST,
    *CLASHES,
    *STEP,
    *ARRAYS,
    *codes(400, errors.SwapSame, errors.DateInPast),
    "400 min_length",
)
TIMES = (*SERVICE, *HOST)
