"""Assignment of columns to fields with the greatest total confidence, from headers, values and positions."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ingest.mapping import header_evidence, position_evidence, value_evidence
from ingest.mapping.column_profile import NOUNS, Profile
from ingest.mapping.model import Reason
from ingest.readers.common.raw_list import LAT_COLUMN, LON_COLUMN

ENOUGH = 0.45
"""The least confidence of a suggestion."""
SAYS_IT = 0.9
"""From this score on the header names that field and no other."""
REPEATED = 0.6
"""Factor on the confidence in repetitive names: "La Poste" in each row of a list of post offices."""


@dataclass(frozen=True, slots=True)
class Guess:
    """A field for a column, its confidence (0 to 1) and why."""

    field: str
    column: str
    confidence: float
    reason: Reason


def assign(profiles: Sequence[Profile]) -> list[Guess]:
    """The guesses that serve each column and each field once, with the greatest total confidence."""
    placed = position_evidence.by_position(profiles)
    fields = sorted(value_evidence.TRAITS)
    guesses = {
        (row, column): guess
        for row, profile in enumerate(profiles)
        for column, field in enumerate(fields)
        if (guess := _guess(field, profile, placed)) is not None
    }
    if not guesses:
        return []
    worth = np.zeros((len(profiles), len(fields)))
    for (row, column), guess in guesses.items():
        # Earlier columns win ties: lists put first what matters.
        worth[row, column] = max(guess.confidence - position_evidence.EARLIER_PER_COLUMN * min(row, 100), 0.0)
    from scipy.optimize import linear_sum_assignment  # two tenths of a second to load

    rows, columns = linear_sum_assignment(worth, maximize=True)
    chosen = [guesses[cell] for cell in zip(rows.tolist(), columns.tolist(), strict=True) if cell in guesses]
    return _paired(sorted(chosen, key=lambda guess: guess.field))


def _guess(field: str, profile: Profile, placed: dict[tuple[str, str], tuple[float, Reason]]) -> Guess | None:
    if not profile.cells:
        return None
    if profile.column.startswith("@"):  # added by readers: the point, the kind of element
        fits = (field, profile.column) in {("lon", LON_COLUMN), ("lat", LAT_COLUMN)}
        return Guess(field, profile.column, 1.0, _GEOMETRY) if fits else None
    if value_evidence.is_contradicted(field, profile):
        return None
    header_scores = header_evidence.scores(profile.column)
    header_score = header_scores.get(field, 0.0)
    kind, share = value_evidence.support(field, profile)
    by_values = value_evidence.alone(field, profile)
    if header_evidence.says_other(profile.column) or (
        not header_score and max(header_scores.values(), default=0.0) >= 0.75
    ):
        by_values *= 0.4  # the header says that it is something else
    elif not header_evidence.is_positional(profile.column):
        by_values *= 0.85
    by_position, place_reason = placed.get((field, profile.column), (0.0, ("", "")))
    distinctive = bool(value_evidence.TRAITS[field].needed) and kind not in {"", "text", "count"}
    # A header that cells confirm counts more than either alone; half-empty columns count a little less.
    together = header_score * (0.9 + 0.1 * share) if distinctive else header_score
    together = max(together + (1 - together) * 0.5 * by_values if header_score > 0.3 else 0.0, by_values, by_position)
    confidence = together * (0.92 + 0.08 * profile.filled)
    if value_evidence.is_repetitive(field, profile):
        confidence *= REPEATED if header_score >= SAYS_IT else 0.0
    if confidence < ENOUGH:
        return None
    return Guess(
        field,
        profile.column,
        round(min(confidence, 0.99), 3),
        _reason(profile, header_score, kind, share, place_reason),
    )


_GEOMETRY: Reason = ("géométrie du fichier", "geometry of the file")


def _reason(profile: Profile, header_score: float, kind: str, share: float, place: Reason) -> Reason:
    french, english = [], []
    if header_score:
        french.append(f"en-tête « {profile.column} »")
        english.append(f"header “{profile.column}”")
    if kind and kind != "text":
        noun = NOUNS[kind]
        french.append(f"{share:.0%} des valeurs sont {noun[0]}".replace("%", " %"))
        english.append(f"{share:.0%} of the values are {noun[1]}")
    if place[0]:
        french.append(place[0])
        english.append(place[1])
    return " ; ".join(french), "; ".join(english)


def _paired(chosen: list[Guess]) -> list[Guess]:
    """Drops a latitude without a longitude, and the reverse."""
    if len({guess.field for guess in chosen} & {"lat", "lon"}) == 2:
        return chosen
    return [guess for guess in chosen if guess.field not in {"lat", "lon"}]
