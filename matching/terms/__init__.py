"""The terms of the score, one file each: formula, bound and words.

A new term is a new file, a line here, and one each in `matching.kernel.scoring` and `matching.kernel.bounds`.
"""

from matching.terms.affinity import Affinity
from matching.terms.fit import Fit
from matching.terms.price import Price
from matching.terms.proximity import Proximity
from matching.terms.term import Term
from matching.terms.trust import Trust
from matching.terms.wishes import Wishes

TERMS: tuple[Term, ...] = (Proximity(), Wishes(), Price(), Affinity(), Fit(), Trust())
"""In the order of `matching.query.weights.TERM_NAMES`."""
