"""Why a result ranks where it does, in one plain sentence."""

from collections.abc import Mapping

from geo.errors import Language
from geo.localisation.amenity_phrases import listed
from geo.types import PlaceStatus
from matching.query.results import Result
from matching.terms import TERMS
from matching.terms.term import Reason, ReasonContext

MOST_GOOD = 3
MOST_DOUBTS = 1


def sentence(result: Result, language: Language, names: Mapping[str, str] | None = None) -> str:
    """One sentence in `language`, without capital or full stop so that it can follow a score: what counts most for the
    place, then what counts most against it. `names` gives the communities' names by slug."""
    context = ReasonContext(result, language, dict(names or {}))
    scores = {score.name: score for score in result.terms}
    told = [
        (scores[term.name], reason)
        for term in TERMS
        if term.name in scores
        for reason in term.reasons(scores[term.name].value, context)
    ]
    good = sorted((one for one in told if one[1].good), key=lambda one: -one[0].contribution)
    # What costs most is what weighs much and is low.
    doubts = sorted((one for one in told if not one[1].good), key=lambda one: one[0].contribution - one[0].weight)
    against = [reason for _, reason in doubts[:MOST_DOUBTS]]
    if result.facts.get("status") == PlaceStatus.CANDIDATE.value:
        against.insert(
            0, Reason(context.text("accueil non confirmé", "not confirmed as a host"), False, objection=True)
        )
    return _joined([reason for _, reason in good[:MOST_GOOD]], against, context)


def _joined(for_it: list[Reason], against: list[Reason], context: ReasonContext) -> str:
    start = _recommending(for_it, context)
    end = ", ".join(reason.text for reason in against)
    if start and against and against[0].objection:
        return context.text(f"{start}, mais {end}", f"{start}, but {end}")
    return ", ".join(part for part in (start, end) if part) or context.text(
        "convient à votre demande", "fits your search"
    )


def _recommending(reasons: list[Reason], context: ReasonContext) -> str:
    """Like "tout près et gratuit, et RuraConnect est partenaire de votre communauté"."""
    plain = listed([reason.text for reason in reasons if not reason.clause], context.language)
    clauses = [reason.text for reason in reasons if reason.clause]
    return context.text(", et ", ", and ").join([*([plain] if plain else []), *clauses])
