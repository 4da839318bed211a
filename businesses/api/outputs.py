"""The shapes that all answers share, for the schema."""

from functools import cache
from typing import Any

from rest_framework import serializers


class Meta(serializers.Serializer[Any]):
    totalCount = serializers.IntegerField(help_text="How many there are in all.")


class WrongField(serializers.Serializer[Any]):
    field = serializers.CharField(help_text="Its name, dotted where it is nested.")
    code = serializers.CharField()
    title = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField(help_text="What is wrong, and what to send instead.")
    fields = WrongField(many=True, required=False)  # type: ignore[assignment]


class ErrorOutput(serializers.Serializer[Any]):
    error = Problem()


@cache
def one(output: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The envelope of one thing."""
    name = output.__name__.removesuffix("Output")
    return type(f"One{name}", (serializers.Serializer,), {"data": output()})


@cache
def many(output: type[serializers.Serializer[Any]]) -> type[serializers.Serializer[Any]]:
    """The envelope of a list."""
    name = output.__name__.removesuffix("Output")
    return type(
        f"Many{name}", (serializers.Serializer,), {"data": output(many=True), "meta": Meta()}
    )
