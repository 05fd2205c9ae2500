"""Never a dead end: links to the searches nearest to the one asked that find more."""

from dataclasses import dataclass
from typing import Any

from matching.relaxation.changes import OtherTime
from matching.relaxation.relaxer import Relaxation
from service.pages.search.filter_controls import CONTROLS
from service.pages.search.search_form import FIRST_PAGE, SearchForm
from service.search.relaxation import RelaxationWords, local_span, request_of

NAMED = 2
"""Places named of a proposal, when nothing else is found."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A link, what it gives (`gain`), and the first of the places it gives."""

    text: str
    url: str
    gain: str
    places: str


def proposal(relaxation: Relaxation, form: SearchForm, words: RelaxationWords) -> Proposal:
    """A relaxation of a form's search as a link."""
    names = [result.facts["name"] for result in relaxation.first[:NAMED]]
    nothing_else = relaxation.more == relaxation.total
    return Proposal(
        text=words.change(relaxation),
        url=form.url(show=FIRST_PAGE, **_fields(relaxation, form, words)),
        gain=words.gain(relaxation),
        places=", ".join(names) if nothing_else else "",
    )


def _fields(relaxation: Relaxation, form: SearchForm, words: RelaxationWords) -> dict[str, Any]:
    """The fields of the form that change."""
    asked = form.to_request()
    changed = request_of(relaxation, asked, words.zone)
    fields: dict[str, Any] = {name: control.typed(getattr(changed, name)) for name, control in CONTROLS.items()}
    if (changed.within, changed.mode) != (asked.within, asked.mode):
        fields["reach"] = "-".join(part for part in (changed.within, changed.mode) if part)
    for change in relaxation.changes:
        if isinstance(change, OtherTime):
            fields |= _time_fields(change, words)
    return fields


def _time_fields(change: OtherTime, words: RelaxationWords) -> dict[str, str]:
    if not change.windows:
        return {"date": ""}
    start, stop = local_span(change.windows[0], words.zone)
    return {"date": start.date().isoformat(), "start": f"{start:%H:%M}", "stop": f"{stop:%H:%M}"}
