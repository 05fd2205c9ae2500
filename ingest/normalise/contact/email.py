"""E-mail addresses of places. An address that may be a person's is not kept."""

import re
import unicodedata

_ADDRESS = re.compile(r"[A-Za-z0-9_][\w.+'-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,24}", re.ASCII)
_TOKEN = re.compile(r"[a-z]+")
# Local parts that an organisation shares. Words of six letters or more may also begin or end a longer one.
_ROLES = frozenset(
    (
        "contact", "contacts", "contactez", "info", "infos", "information", "informations", "accueil", "mairie",
        "commune", "ville", "hoteldeville", "secretariat", "secretaire", "administration", "admin", "bonjour",
        "hello", "salut", "courrier", "mail", "standard", "reception", "reservation", "reservations", "resa",
        "booking", "location", "locations", "coworking", "fablab", "lab", "tierslieu", "tierslieux", "espace",
        "bibliotheque", "mediatheque", "mediatheques", "bibliotheques", "ludotheque", "franceservices", "fs", "msap",
        "ccas", "cias", "mjc", "epn", "asso", "association", "centresocial", "office", "tourisme", "hotel",
        "communication", "direction", "service", "services", "pij", "cybertribu", "equipe", "team", "animation",
        "culture", "numerique", "bureau", "gestion", "support", "agence",
    )
)  # fmt: skip
_GLUED = tuple(sorted(role for role in _ROLES if len(role) >= 6))
_SHORT_STARTS = ("ccas", "mjc", "epn", "asso", "info", "cias", "msap")


def normalise(text: str) -> str | None:
    """The first generic address of a cell in lower case ("contact@...", "mairie.florac@..."), else None."""
    if "@" not in text:
        return None
    return next((address for address in map(str.lower, _ADDRESS.findall(text)) if is_generic(address)), None)


def is_generic(address: str) -> bool:
    """Whether an address names a function or its organisation; one that may be a person's is not generic.

    "la.cale@la-cale.fr" names its organisation: the domain is the same. "l.cale@orange.fr" may be a person's.
    """
    local, _, domain = _plain(address).partition("@")
    words = _TOKEN.findall(local)
    if not words:
        return False
    first = words[0]
    if first in _ROLES:
        return True
    glued = "".join(words)
    if len(words) == 1 and (first.startswith((*_GLUED, *_SHORT_STARTS)) or first.endswith(_GLUED)):
        return True
    own = "".join(_TOKEN.findall(domain.rpartition(".")[0]))
    return len(glued) >= 4 and glued == own


def _plain(address: str) -> str:
    return unicodedata.normalize("NFKD", address.lower()).encode("ascii", "ignore").decode()
