"""Stories to stream."""

from __future__ import annotations

STORY = (
    "Once upon a time, {hero} wanted to cross the wide, wide network. Every day {hero} sent one small frame, "
    "and every day an answer came back, always with the same id. One night the server went away. {hero} waited a "
    "moment, then a little longer, and then a little longer still, never at the same time as the others. In the "
    "morning the server was there again, and it asked what the last thing was that {hero} had seen. So nothing "
    "was lost, and they talked happily until the connection was closed with 1000."
)


def story_about(hero: str) -> list[str]:
    """Return the words of a story."""
    return STORY.format(hero=hero).split()
