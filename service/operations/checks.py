"""Checks of an installation. A finding names its remedy; no check changes anything."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from sqlalchemy import func, select

from geo.errors import Language, PlaceLibreError
from geo.store.engine import reading
from geo.store.publication import published
from geo.store.revisions import revision
from geo.store.schema import community, place
from geo.travel.valhalla_tiles import current as current_network
from geo.types import Point
from matching.live_index import LiveIndex
from service.container import Services
from service.feedback.accepted_weights import read, weights_text
from service.feedback.search_log import count_log
from service.index.origin import check_origin
from service.migrations import current, head
from service.operations.home import check_home

FREE_SPACE_MB = 200
LOST_SHARE = 0.01
"""Share of the search log; a check fails when more is lost."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check; the text of a failure ends with its remedy."""

    name: str
    ok: bool
    fr: str
    en: str

    def text(self, language: Language) -> str:
        return self.fr if language == "fr" else self.en


def run_checks(services: Services) -> list[Finding]:
    """Findings, in the order in which to mend them; an error of a check is a finding too."""
    findings: list[Finding] = []
    for name, check in CHECKS.items():
        try:
            findings.extend(check(services))
        except PlaceLibreError as error:
            findings.append(Finding(name, False, error.message("fr"), error.message("en")))
    return findings


def _data(services: Services) -> Iterator[Finding]:
    folder = services.settings.data
    if not (folder / "README.md").exists():
        yield Finding(
            "data",
            False,
            f"Les données de référence manquent dans {folder} ; réinstallez-les ou corrigez PLACELIBRE_DATA.",
            f"The reference data are missing from {folder}; reinstall them or correct PLACELIBRE_DATA.",
        )
        return
    communes = sum(1 for _ in services.areas.communes)
    yield Finding("data", True, f"{communes} communes de référence", f"{communes} reference communes")


def _store(services: Services) -> Iterator[Finding]:
    revision_now, newest = current(services.engine), head()
    if revision_now != newest:
        yield Finding(
            "store",
            False,
            f"La base est à la version {revision_now}, le programme à {newest} ; lancez « placelibre migrate ».",
            f"The store is at version {revision_now}, the program at {newest}; run “placelibre migrate”.",
        )
        return
    with reading(services.engine) as connection:
        places = connection.execute(select(func.count()).select_from(place).where(published())).scalar_one()
        communities = connection.execute(select(func.count()).select_from(community)).scalar_one()
    url = services.engine.url.render_as_string(hide_password=True)
    yield Finding(
        "store",
        places > 0,
        f"{url} : {places} lieux, {communities} communautés"
        + ("" if places else " ; importez une liste avec « placelibre import »"),
        f"{url}: {places} places, {communities} communities"
        + ("" if places else "; import a list with “placelibre import”"),
    )


def _home(services: Services) -> Iterator[Finding]:
    check_home(services.settings, services.engine)
    home = services.settings.home
    yield Finding("home", True, f"{home} : le dossier de cette base", f"{home}: the folder of this store")


def _index(services: Services) -> Iterator[Finding]:
    with LiveIndex.open(services.settings.index) as index:
        index.verify()
        figures = index.statistics()
        with reading(services.engine) as connection:
            check_origin(index.snapshot.meta, services.settings.index, connection)
            behind = revision(connection) - index.revision
        names_its_store = bool(index.snapshot.meta.store_id)
        age_days = (services.now() - index.as_of).days
    if age_days >= 1:
        yield Finding(
            "index",
            False,
            f"Âge de l'index en jours : {age_days} ; rafraîchissez-le avec « placelibre index ».",
            f"Age of the index in days: {age_days}; refresh it with “placelibre index”.",
        )
        return
    if not names_its_store:
        yield Finding(
            "index",
            False,
            "L'index ne dit pas de quelle base il vient ; reconstruisez-le avec « placelibre index ».",
            "The index does not say which store it was built from; rebuild it with “placelibre index”.",
        )
        return
    yield Finding(
        "index",
        True,
        f"{figures['spaces']} espaces, somme de contrôle juste, changements depuis : {behind}",
        f"{figures['spaces']} spaces, checksum right, changes since: {behind}",
    )


def _routing(services: Services) -> Iterator[Finding]:
    routing = services.routing
    router = routing.router()
    if router is None:
        yield Finding(
            "routing",
            True,
            "aucun réseau : durées estimées à vol d'oiseau (« placelibre routing build » en construit un)",
            "no network: travel times estimated as the crow flies (“placelibre routing build” builds one)",
        )
        return
    nantes = Point(-1.5536, 47.2184)
    router.minutes(nantes, np.array([(nantes.lon, nantes.lat)]), "walk")
    if routing.is_remote:
        yield Finding("routing", True, "Valhalla répond à son adresse", "Valhalla answers at its address")
        return
    network = current_network(routing.folder)
    size_mb = network.bytes / 1e6
    yield Finding(
        "routing",
        True,
        f"réseau de {network.source}, {network.built:%d/%m/%Y}, {network.tiles} tuiles, {size_mb:.0f} Mo",
        f"network of {network.source}, {network.built:%Y-%m-%d}, {network.tiles} tiles, {size_mb:.0f} MB",
    )


def _disk(services: Services) -> Iterator[Finding]:
    folder = services.settings.index
    while not folder.exists():
        folder = folder.parent
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    yield Finding(
        "disk",
        free_mb >= FREE_SPACE_MB,
        f"{free_mb} Mo libres" + ("" if free_mb >= FREE_SPACE_MB else " ; libérez de la place"),
        f"{free_mb} MB free" + ("" if free_mb >= FREE_SPACE_MB else "; free some space"),
    )


def _weights(services: Services) -> Iterator[Finding]:
    try:
        accepted = read(services.settings.weights)
    except FileNotFoundError:
        yield Finding("weights", True, "poids fixés à la main", "weights set by hand")
    else:
        yield Finding(
            "weights",
            True,
            f"poids appris, acceptés le {accepted.accepted_at[:10]} : {weights_text(accepted.weights, 'fr')}",
            f"learned weights, accepted on {accepted.accepted_at[:10]}: {weights_text(accepted.weights, 'en')}",
        )


def _search_log(services: Services) -> Iterator[Finding]:
    log = count_log(services.engine)
    bearable = log.lost <= LOST_SHARE * log.impressions
    yield Finding(
        "search log",
        bearable,
        f"{log.impressions} recherches, {log.clicks} clics, {log.bookings} réservations, {log.lost} notes perdues"
        + ("" if bearable else " ; allégez la charge de la base"),
        f"{log.impressions} searches, {log.clicks} clicks, {log.bookings} bookings, {log.lost} notes lost"
        + ("" if bearable else "; lighten the load on the store"),
    )


CHECKS: dict[str, Callable[[Services], Iterator[Finding]]] = {
    "data": _data,
    "store": _store,
    "home": _home,
    "index": _index,
    "routing": _routing,
    "disk": _disk,
    "weights": _weights,
    "search log": _search_log,
}
