"""Numbers to a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

Rounds = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Table:
    """The microseconds of each subject in each round, and the subjects that the others are compared to."""

    title: str
    unit: str
    rounds: Rounds
    baselines: Sequence[str] = field(default=())

    def ratio(self, subject: str, baseline: str) -> float:
        """Return the median of the ratios of each round."""
        pairs = zip(self.rounds[subject], self.rounds[baseline], strict=True)
        return median(mine / other for mine, other in pairs)

    def as_dict(self) -> dict[str, object]:
        """Return what `--json` writes."""
        subjects = {
            name: {
                self.unit: round(median(values), 3),
                "ratios": {baseline: round(self.ratio(name, baseline), 4) for baseline in self.baselines},
            }
            for name, values in self.rounds.items()
        }
        return {"title": self.title, "rounds": len(next(iter(self.rounds.values()))), "subjects": subjects}

    def __str__(self) -> str:
        """Return the table as Markdown."""
        heads = [self.title, self.unit, *(f"x {name}" for name in self.baselines)]
        rows = [
            [name, f"{median(values):.2f}", *(f"{self.ratio(name, base):.3f}" for base in self.baselines)]
            for name, values in self.rounds.items()
        ]
        widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]
        lines = [heads, [*("-" * width for width in widths)], *rows]
        return "\n".join(
            "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
            for line in lines
        )
