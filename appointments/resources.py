"""Which rooms and devices a visit uses: one of each kind that it needs, and those it names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from appointments.availability import Busy, Wish, in_the_way


@dataclass(frozen=True, slots=True)
class Need:
    """What a service needs: any one of a kind, or one in particular."""

    kind: str
    resource_id: UUID | None


@dataclass(slots=True)
class Resource:
    """A room or device that may be used, and the times at which it is held."""

    id: UUID
    name: str
    kind: str
    busy: list[Busy] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a visit would use; what it lacks, and the visits that are in the way."""

    resources: tuple[Resource, ...] = ()
    lacking: tuple[Need, ...] = ()
    obstacles: tuple[Busy, ...] = ()

    @property
    def enough(self) -> bool:
        return not self.lacking


NOTHING_NEEDED = Choice()


def choose(
    needs: Sequence[Need], resources: Sequence[Resource], wish: Wish, *, host_id: UUID
) -> Choice:
    """The resources for a visit whose main host is `host_id`, by name; or what is lacking.

    Those that a service names go first, so that no kind takes them. A group timeslot stays in the
    room that it is in.
    """
    if not needs:
        return NOTHING_NEEDED
    slot = wish.slot(host_id)
    free: list[tuple[bool, Resource]] = []  # whether the timeslot is in it already
    obstacles: dict[UUID, list[Busy]] = {}
    for resource in resources:
        found = (one for one in resource.busy if one.span.overlaps(wish.held))
        obstacles[resource.id], sharing = in_the_way(found, wish, slot)
        if not obstacles[resource.id]:
            free.append((bool(sharing), resource))
    free.sort(key=lambda one: (not one[0], one[1].name, one[1].id))
    chosen: list[Resource] = []
    lacking: list[Need] = []
    for need in sorted(needs, key=lambda need: need.resource_id is None):
        found_one = next(
            (one for _, one in free if one not in chosen and _meets(one, need)),
            None,
        )
        if found_one is None:
            lacking.append(need)
        else:
            chosen.append(found_one)
    return Choice(
        tuple(chosen),
        tuple(lacking),
        tuple(
            busy
            for resource in resources
            if any(_meets(resource, need) for need in lacking)
            for busy in obstacles[resource.id]
        ),
    )


def _meets(resource: Resource, need: Need) -> bool:
    if need.resource_id is not None:
        return resource.id == need.resource_id
    return resource.kind == need.kind
