"""Our kinds of place and the standard's `typologie`: codes of the data·inclusion vocabulary of structures.

The two do not match one to one, so each direction has its table: `CODE_OF` writes a kind, `KIND_OF` reads a code. The
kind itself travels in `type_lieu`, which prevails: nothing is lost.
"""

from geo.types import PlaceKind
from ingest.exchange.columns import SEPARATOR

OTHER = "Autre"

CODE_OF: dict[PlaceKind, str] = {
    PlaceKind.COWORKING: "TIERS_LIEUX",
    PlaceKind.COMPANY: OTHER,
    PlaceKind.ASSOCIATION: "ASSO",
    PlaceKind.HOTEL: OTHER,
    PlaceKind.MAIRIE: "MUNI",
    PlaceKind.PUBLIC_BODY: OTHER,
    PlaceKind.LIBRARY: "BIB",
    PlaceKind.FRANCE_SERVICES: "RFS",
    PlaceKind.STATION: OTHER,
    PlaceKind.CAFE: OTHER,
    PlaceKind.EDUCATION: OTHER,
    PlaceKind.FABLAB: "FABLAB",
    PlaceKind.OTHER: OTHER,
}

_READ: dict[PlaceKind, tuple[str, ...]] = {
    PlaceKind.COWORKING: ("TIERS_LIEUX",),
    PlaceKind.FABLAB: ("FABLAB", "FABRIQUE"),
    PlaceKind.LIBRARY: ("BIB", "RELAIS_LECTURE"),
    PlaceKind.MAIRIE: ("MUNI",),
    PlaceKind.FRANCE_SERVICES: ("RFS", "MSAP"),
    PlaceKind.EDUCATION: ("AFPA", "E2C", "EPIDE", "OF"),
    PlaceKind.COMPANY: ("ACI", "ACIPHC", "AI", "EA", "EATT", "EI", "EITI", "ESAT", "ESS", "ETTI", "GEIQ"),
    PlaceKind.PUBLIC_BODY: (
        *("CAF", "CC", "CCAS", "CCONS", "CD", "CDAS", "CFP", "CIAS", "CITMET", "CMS", "CPAM", "CS", "CSC", "DEETS"),
        *("DEPT", "EPCI", "EPI", "EPN", "EVS", "FT", "LA_POSTE", "MDE", "MDEF", "MDH", "MDPH", "MDS", "MJC", "ML"),
        *("MQ", "MSA", "PAD", "PI", "PIJ_BIJ", "PIMMS", "PLIE", "PREF", "REG"),
    ),
    PlaceKind.ASSOCIATION: ("ASSO", "ASSO_CHOMEUR", "CIDFF", "ES", "FAIS", "RESSOURCERIE", "UDAF"),
    PlaceKind.OTHER: (
        *("ASE", "AVIP", "CAARUD", "CADA", "CAP_EMPLOI", "CAVA", "CHRS", "CHU", "CMP", "CPH", "CSAPA", "DIPLP", "ENM"),
        *("HUDA", "OACAS", "ODC", "OIL", "OPCS", "PENSION", "PJJ", "PREVENTION", "RS_FJT", "SCP", "SPIP", OTHER),
    ),
}
KIND_OF: dict[str, PlaceKind] = {code: kind for kind, codes in _READ.items() for code in codes}
"""Every code of the vocabulary. Kinds are listed by priority: of several codes, the first kind wins."""

_PRIORITY = list(_READ)


def kind_of(typologie: str) -> PlaceKind:
    """The kind that a cell of codes names: of several, the one most specific to places to work in."""
    kinds = {KIND_OF.get(code.strip(), PlaceKind.OTHER) for code in typologie.split(SEPARATOR)}
    return next((kind for kind in _PRIORITY if kind in kinds), PlaceKind.OTHER)
