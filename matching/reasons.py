"""Why a result ranks where it does, in one plain sentence."""

from collections.abc import Hashable, Iterator, Mapping

from geo.errors import Language
from geo.types import PlaceStatus
from matching.found import Found
from matching.kernel import why
from matching.numbers import distance_text
from matching.results import Result
from matching.telling import result
from matching.terms import TERMS, price, proximity
from matching.terms.term import Reason, Shown
from matching.words import listed

MOST_GOOD = 3
MOST_DOUBTS = 1
REMEMBERED = 100_000
"""Sentences kept per index: most results are explained like another one."""


def sentences(found: Found, language: Language, names: Mapping[str, str]) -> list[str]:
    """`sentence` of all that was found, in order. What is said alike is put into words once."""
    texts = []
    for rank, said in enumerate(_what_is_said(found, language, names)):
        known = found.searchables[found.order[rank][0]].sentences
        text = known.get(said)
        if text is None:
            if len(known) >= REMEMBERED:
                known.clear()
            text = known[said] = sentence(result(found, rank), language, names)
        texts.append(text)
    return texts


def _what_is_said(found: Found, language: Language, names: Mapping[str, str]) -> Iterator[Hashable]:
    """Per result all that its sentence depends on: results that agree in it have the same one."""
    is_of_a_community = found.query.community is not None
    told = [found.told(name).tolist() for name in ("why", "cents", "sets", "granted", "refused")]
    for (layer, _), (_, distance_dm, _, space), said, cents, set_id, granted, refused in zip(
        found.order, found.keys.tolist(), *told, strict=True
    ):
        closest = None
        if is_of_a_community and said >> why.AFFINITY & 3:
            slugs = found.searchables[layer].seen(found.query, set_id)
            closest = (found.query.community, slugs[0], names.get(slugs[0])) if slugs else None
        yield (
            language,
            said,
            cents if said >> why.PRICE & 3 in price.NAMED else None,
            distance_text(distance_dm / 10, language) if said & 3 == proximity.FAR else None,
            closest,
            granted,
            refused,
            space == 0,
        )


def sentence(result: Result, language: Language, names: Mapping[str, str] | None = None) -> str:
    """One sentence in `language`, without capital or full stop so that it can follow a score: what counts most for the
    place, then what counts most against it. `names` gives the communities' names by slug."""
    shown = Shown(result, language, dict(names or {}))
    scores = {score.name: score for score in result.terms}
    told = [
        (scores[term.name], reason)
        for term in TERMS
        if term.name in scores
        for reason in term.reasons(scores[term.name].value, shown)
    ]
    good = sorted((one for one in told if one[1].good), key=lambda one: -one[0].contribution)
    # What costs most is what weighs much and is low.
    doubts = sorted((one for one in told if not one[1].good), key=lambda one: one[0].contribution - one[0].weight)
    against = [reason for _, reason in doubts[:MOST_DOUBTS]]
    if result.facts.get("status") == PlaceStatus.CANDIDATE.value:
        against.insert(0, Reason(shown.say("accueil non confirmé", "not confirmed as a host"), False, objection=True))
    return _joined([reason for _, reason in good[:MOST_GOOD]], against, shown)


def _joined(for_it: list[Reason], against: list[Reason], shown: Shown) -> str:
    start = _recommending(for_it, shown)
    end = ", ".join(reason.text for reason in against)
    if start and against and against[0].objection:
        return shown.say(f"{start}, mais {end}", f"{start}, but {end}")
    return ", ".join(part for part in (start, end) if part) or shown.say("convient à votre demande", "fits your search")


def _recommending(reasons: list[Reason], shown: Shown) -> str:
    """Like "tout près et gratuit, et RuraConnect est partenaire de votre communauté"."""
    plain = listed([reason.text for reason in reasons if not reason.clause], shown.language)
    clauses = [reason.text for reason in reasons if reason.clause]
    return shown.say(", et ", ", and ").join([*([plain] if plain else []), *clauses])
