"""Never a dead end: other searches that find more, each counted before it is proposed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

from geo.errors import PlaceLibreError
from service.pages.catalogue import Translator
from service.pages.formats import Formats
from service.pages.search_form import FIRST_PAGE, REACHES, SearchForm, clock_of, next_working_day

MAX_PROPOSED = 3
MAX_PROPOSED_WHEN_EMPTY = 5


@dataclass(frozen=True, slots=True)
class Relaxation:
    """A link to a search that finds `gain` more places."""

    text: str
    url: str
    gain: int


def relaxations(
    form: SearchForm, total: int, count: Callable[[SearchForm], int], t: Translator, fmt: Formats
) -> list[Relaxation]:
    """The proposals that find more, in the order tried; `count` gives how many places a form finds.

    A proposal that cannot be asked (an hour gone by, a reach too long) is not made.
    """
    wanted = MAX_PROPOSED if total else MAX_PROPOSED_WHEN_EMPTY
    found = list(islice(_gaining(_proposals(form, t, fmt), total, count), wanted))
    if not found and not total:
        found = list(islice(_gaining(_further(form, t), total, count), 1))
    return found


def _gaining(
    proposals: Iterable[tuple[str, SearchForm]], total: int, count: Callable[[SearchForm], int]
) -> Iterator[Relaxation]:
    for text, changed in proposals:
        try:
            gain = count(changed) - total
        except PlaceLibreError:
            continue
        if gain > 0:
            yield Relaxation(text, changed.url(), gain)


def _proposals(form: SearchForm, t: Translator, fmt: Formats) -> Iterator[tuple[str, SearchForm]]:
    form = form.changed(show=FIRST_PAGE)
    yield from _later(form, t, fmt)
    yield from _wider(form, t)
    for name in form.need:
        rest = tuple(other for other in form.need if other != name)
        wishes = (*form.wish, name) if name not in form.wish else form.wish
        amenity = t.either(f"amenity_the.{name}", name)
        yield t("relax.without_need", amenity=amenity), form.changed(need=rest, wish=wishes)
    if form.seats != "1":
        yield t("relax.one_seat"), form.changed(seats="1")
    if form.max_price:
        yield t("relax.any_price"), form.changed(max_price="")
    if form.kind:
        yield t("relax.any_kind"), form.changed(kind=())
    if form.date:
        yield t("relax.any_time"), form.changed(date="")
    if not form.candidates:
        yield t("relax.candidates"), form.changed(candidates=True)


def _further(form: SearchForm, t: Translator) -> Iterator[tuple[str, SearchForm]]:
    """When no single change finds anything: several at once, each step wider than the one before."""
    form = form.changed(
        show=FIRST_PAGE, need=(), wish=tuple(dict.fromkeys((*form.wish, *form.need))), kind=(), seats="1", max_price=""
    )
    yield t("relax.fewer_conditions"), form
    yield t("relax.fewer_conditions_wider"), form.changed(reach=REACHES[-1])
    yield t("relax.fewer_conditions_any_time"), form.changed(reach=REACHES[-1], date="")
    yield t("relax.everything"), form.changed(reach=REACHES[-1], date="", candidates=True)


def _later(form: SearchForm, t: Translator, fmt: Formats) -> Iterator[tuple[str, SearchForm]]:
    """Half an hour later the same day, then the same hours on the next working day."""
    if not form.date:
        return
    half_hour = timedelta(minutes=30)
    day = form.day()
    start, stop = (datetime.combine(day, clock_of(text)) + half_hour for text in (form.start, form.stop))
    if stop.date() == day:
        yield t("relax.later"), form.changed(start=f"{start:%H:%M}", stop=f"{stop:%H:%M}")
    following = next_working_day(day)
    yield t("relax.next_day", day=fmt.day(following)), form.changed(date=following.isoformat())


def _wider(form: SearchForm, t: Translator) -> Iterator[tuple[str, SearchForm]]:
    """The next longer reach of the list; by bike, then by car, when the reach is in minutes."""
    if form.reach not in REACHES:
        return
    minutes, _, mode = form.reach.partition("-")
    if mode:
        for faster in {"walk": ("bike", "car"), "bike": ("car",)}.get(mode, ()):
            yield t(f"relax.by_{faster}"), form.changed(reach=f"{minutes}-{faster}")
        if mode == "car":
            yield t("relax.reach", reach=t("reach.30km")), form.changed(reach="30km")
        return
    longer = REACHES[REACHES.index(form.reach) + 1 :]
    for reach in longer[:1]:
        yield t("relax.reach", reach=t(f"reach.{reach}")), form.changed(reach=reach)
