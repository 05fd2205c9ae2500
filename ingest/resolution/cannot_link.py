"""Pairs that rules hold apart whatever the model says."""

import numpy as np
import numpy.typing as npt

from ingest.resolution.features import NAMES, Matrix

APART_FOR_SURE = ("brand_differs", "towns_differ")
"""What makes two places of a pair whatever else it shares: two brands, or the mairies of two former communes."""
CONTACTS = ("phone_equal", "site_equal", "host_equal", "siret_equal", "label_equal")
"""What people reach a place by, said alike on both sides."""


def apart_for_sure(matrix: Matrix) -> npt.NDArray[np.bool_]:
    """Pairs that are two places whatever else they share. Of the train half of the labelled pairs as many as said are
    of each sort, all of them two places:

    `APART_FOR_SURE`; the town halls of two communes (13); names numbered otherwise in houses numbered otherwise,
    "Atelier 3" in number 5 and "Atelier 4" in number 7 (26); two rows of one list under two house numbers that share
    no contact (81); two own names with nothing in common whose house numbers or telephones differ and that share no
    contact (65); two such names of one list in two streets (71), or of two libraries (17): villages that became one
    commune share its site and its point.
    """

    def told(name: str) -> npt.NDArray[np.bool_]:
        answer: npt.NDArray[np.bool_] = matrix[:, NAMES.index(name)] > 0
        return answer

    def alike(name: str, least: float) -> npt.NDArray[np.bool_]:
        answer: npt.NDArray[np.bool_] = matrix[:, NAMES.index(name)] >= least
        return answer

    surely = np.any([told(name) for name in APART_FOR_SURE], axis=0)
    surely |= told("both_halls") & told("insee_differs")
    surely |= told("digits_differ") & told("number_gap")
    reached_alike = np.any([told(name) for name in CONTACTS], axis=0)
    surely |= told("same_source") & told("number_gap") & ~reached_alike
    named = ~(told("bare_missing") | told("bare_both_missing") | told("acronym"))
    strangers = named & ~(alike("bare_set", 0.7) | alike("bare_partial", 0.75) | alike("bare_jaro", 0.85))
    doors = told("number_differs") & ~told("number_close")
    phones = told("phone_differs") & ~told("address_equal")
    surely |= strangers & told("same_source") & (told("address_apart") | told("both_libraries"))
    answer: npt.NDArray[np.bool_] = surely | (strangers & ~reached_alike & (doors | phones))
    return answer
