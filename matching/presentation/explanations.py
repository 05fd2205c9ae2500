"""Explains in one sentence why a result ranks where it does."""

from collections.abc import Mapping

from geo.errors import Language
from geo.localisation.amenity_phrases import listed
from geo.types import PlaceStatus
from matching.query.results import Result
from matching.terms import TERMS
from matching.terms.term import Reason, ReasonContext

MAX_FOR, MAX_AGAINST = 3, 1
"""Most reasons named for a place, and against it."""


def explain(result: Result, language: Language, names: Mapping[str, str] | None = None) -> str:
    """What counts most for the place, then what counts most against it, as one sentence in `language`.

    Without capital or full stop, so that it can follow a score. `names`: the communities' names by slug; a community
    without a name is called by its slug.
    """
    context = ReasonContext(result, language, dict(names or {}))
    scores = {score.name: score for score in result.terms}
    reasons = [
        (scores[term.name], reason)
        for term in TERMS
        if term.name in scores
        for reason in term.reasons(scores[term.name].value, context)
    ]
    good = sorted((pair for pair in reasons if pair[1].good), key=lambda pair: -pair[0].contribution)
    # A term costs its weight minus its contribution.
    bad = sorted((pair for pair in reasons if not pair[1].good), key=lambda pair: pair[0].contribution - pair[0].weight)
    against = [reason for _, reason in bad[:MAX_AGAINST]]
    if result.facts.get("status") == PlaceStatus.CANDIDATE.value:
        against.insert(
            0, Reason(context.text("accueil non confirmé", "not confirmed as a host"), False, objection=True)
        )
    return _join([reason for _, reason in good[:MAX_FOR]], against, context)


def _join(in_favour: list[Reason], against: list[Reason], context: ReasonContext) -> str:
    start = _recommend(in_favour, context)
    end = ", ".join(reason.text for reason in against)
    if start and against and against[0].objection:
        return context.text(f"{start}, mais {end}", f"{start}, but {end}")
    return ", ".join(part for part in (start, end) if part) or context.text(
        "convient à votre demande", "fits your search"
    )


def _recommend(reasons: list[Reason], context: ReasonContext) -> str:
    """Like "tout près et gratuit, et RuraConnect est partenaire de votre communauté"."""
    plain = listed([reason.text for reason in reasons if not reason.clause], context.language)
    clauses = [reason.text for reason in reasons if reason.clause]
    return context.text(", et ", ", and ").join([*([plain] if plain else []), *clauses])
