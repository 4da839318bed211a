"""What patients are asked when a service is booked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request

from businesses.api.fields import Flag, Identifier, Input, Several, Text, Word
from businesses.api.outputs import many
from businesses.api.query import paging_parameters, refused
from businesses.api.references import unknown
from businesses.api.schema import IF_MATCH, operation
from businesses.api.service_parts import Lines, PartsViewSet
from businesses.lines import replace_questions
from businesses.models import BookingQuestion, QuestionKind, Service

TAG = "Services"
MOST = 50


class QuestionInput(Input):
    """A question; with the id of one that is there already, that one is changed."""

    id = Identifier(required=False, help_text="Left out: a new question.")
    variableName = Text(max_length=64)
    question = Text(max_length=500)
    kind = Word(choices=QuestionKind.choices, required=False, default=QuestionKind.TEXT)
    required = Flag(  # type: ignore[assignment]
        required=False,
        default=False,
        help_text="Patients must answer; the desk and the API may leave it out.",
    )


class QuestionsInput(Input):
    """The body with all questions of a service, in their order."""

    questions = Several(child=QuestionInput(), max_length=MOST)


class QuestionOutput(serializers.Serializer[Any]):
    """Something that patients are asked; the id is what an answer of an appointment names."""

    id = Identifier()
    variableName = serializers.CharField(source="variable_name")
    question = serializers.CharField()
    kind = serializers.ChoiceField(choices=QuestionKind.choices)
    required = serializers.BooleanField()  # type: ignore[assignment]


WRITTEN = QuestionsInput()


@extend_schema_view(
    list=operation(
        "listServiceQuestions",
        TAG,
        "List the booking questions of a service",
        "In the order in which they are asked.",
        parameters=paging_parameters(),
        answer={200: many(QuestionOutput)},
    ),
    update=operation(
        "replaceServiceQuestions",
        TAG,
        "Say what is asked when a service is booked",
        "The list replaces the whole list, in its order. A question whose id is sent stays that "
        "question; one that is not sent is deleted. Answers that were given stay as they are.",
        parameters=[IF_MATCH],
        request=QuestionsInput,
        answer={200: many(QuestionOutput)},
        refusals=("400 not_a_list", "400 question_not_found", "400 repeated"),
    ),
)
class QuestionViewSet(PartsViewSet):
    """The questions of one service."""

    serializer_class = QuestionOutput
    output = QuestionOutput()

    def parts(self, service: Service) -> QuerySet[BookingQuestion]:
        found: QuerySet[BookingQuestion] = service.questions.order_by("position", "id")
        return found

    def update(self, request: Request, business_id: UUID, service_id: UUID) -> HttpResponse:
        return self.replaced(request, WRITTEN.read(request.data)["questions"])

    def write(self, service: Service, sent: Lines) -> None:
        _check(sent, {one.pk for one in self.parts(service)})
        replace_questions(
            service,
            [
                {
                    "id": one.get("id"),
                    "variable_name": one["variableName"],
                    "question": one["question"],
                    "kind": one["kind"],
                    "required": one["required"],
                }
                for one in sent
            ],
        )


def _check(sent: Lines, there: set[UUID]) -> None:
    """Refuses ids that are not those of the service's questions, and what comes twice."""
    ids: set[UUID] = set()
    names: set[str] = set()
    for number, one in enumerate(sent):
        field = f"questions.{number}"
        if "id" in one and one["id"] not in there:
            raise unknown(f"{field}.id", "question", one["id"])
        if one.get("id") in ids:
            raise refused(f"{field}.id", "Send each question once.", "repeated")
        if one["variableName"] in names:
            title = "Another question of the list has this variable name; send another."
            raise refused(f"{field}.variableName", title, "repeated")
        ids.update([one["id"]] if "id" in one else [])
        names.add(one["variableName"])
