"""How often the first suggestion of the mapping is right, over extracts of real lists with their own headers.

    python benchmarks/mapping_accuracy.py [--missed]

The truth of `tests/data/mapping_truth/` was written by reading the lists. Lists that are `held_out` were not looked at
while the suggestions were tuned.
"""

import argparse
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingest.mapping.model import Mapping
from ingest.mapping.suggest import suggest
from ingest.readers.open import read

DATA = Path(__file__).resolve().parents[1] / "tests" / "data"
UNSEEN = DATA / "mapping_headers"
"""Headers of other lists over invented rows, which nobody may tune with."""


@dataclass(slots=True)
class Score:
    """One list's result: fields right at first choice, fields of its truth, what was missed, fields that it has not."""

    name: str
    held_out: bool
    right: int = 0
    fields: int = 0
    missed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)


def main() -> None:
    """Prints a line per list and the totals."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--missed", action="store_true", help="say which fields were wrong")
    options.add_argument("--tuned", action="store_true", help="only the lists that are not held out")
    options.add_argument("--unseen", action="store_true", help="a line per list of unseen headers too")
    asked = options.parse_args()
    scores = [score for score in measure() if not (asked.tuned and score.held_out)]
    for score in scores:
        print(f"{score.name:20} {'held out' if score.held_out else 'tuned':9} {score.right:3}/{score.fields:<3} "
              f"{score.right / score.fields:6.1%}  extra {len(score.extra)}")  # fmt: skip
        if asked.missed:
            print(
                "".join(f"    {told}\n" for told in [*score.missed, *(f"extra: {told}" for told in score.extra)]),
                end="",
            )
    unseen = measure(UNSEEN)
    if asked.unseen:
        for score in unseen:
            print(f"{score.name:27} {score.right:3}/{score.fields:<3} {score.right / score.fields:6.1%}")
            if asked.missed:
                print("".join(f"    {told}\n" for told in score.missed), end="")
    for label, chosen in (
        ("tuned", [score for score in scores if not score.held_out]),
        ("held out", [score for score in scores if score.held_out]),
        ("all", scores),
        ("unseen headers", unseen),
    ):
        right, fields = total(chosen)
        if fields:
            extra = sum(len(score.extra) for score in chosen)
            print(f"{label:15} {right}/{fields} = {right / fields:.1%}; extra suggestions {extra}")


def measure(folder: Path = DATA) -> list[Score]:
    """The scores of every list that has a truth, in name order."""
    scores = []
    for path in sorted((folder / "mapping_truth").glob("*.toml")):
        truth = tomllib.loads(path.read_text("utf-8"))
        table = read(folder / "mapping_lists" / truth["list"])
        scores.append(_score(path.stem, truth, suggest(table)))
    return scores


def total(scores: Iterable[Score]) -> tuple[int, int]:
    """Fields right and fields in truth, over several lists."""
    listed = list(scores)
    return sum(score.right for score in listed), sum(score.fields for score in listed)


def first_choices(mapping: Mapping) -> dict[str, tuple[str, ...]]:
    """Field -> the columns of its first choice: its own, all those of hours, the last one of a joined address."""
    found = {name: (columns[0][-1],) for name, columns in mapping.fields.items() if columns}
    found |= {f"amenity {name}": (columns[0][-1],) for name, columns in mapping.amenities.items()}
    if mapping.hours:
        found["hours"] = tuple(column for column in mapping.hours.columns if column)
    if mapping.source_key:
        found["source_key"] = (mapping.source_key[0][-1],)
    return found


def _score(name: str, truth: dict[str, Any], mapping: Mapping) -> Score:
    wanted: dict[str, Any] = {**truth["fields"], **{f"amenity {k}": v for k, v in truth.get("amenities", {}).items()}}
    given = first_choices(mapping)
    score = Score(name, truth["held_out"], fields=len(wanted))
    for field_name, said in wanted.items():
        accepted = {said} if isinstance(said, str) else set(said)
        chosen = given.get(field_name, ())
        if chosen and chosen[0] in accepted:
            score.right += 1
        else:
            score.missed.append(f"{field_name}: wanted {sorted(accepted)}, suggested {list(chosen)}")
    score.extra = [
        f"{key} <- {list(columns)}" for key, columns in given.items() if key not in wanted and key != "source_key"
    ]
    return score


if __name__ == "__main__":
    main()
