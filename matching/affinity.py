"""How close two communities are, in [0, 1]: 1 the same, PARTNER declared partners, else what their words share.

The matrix is asymmetric: row = the searcher's community, whose declaration of partners counts. What is learned never
reaches a declared partner: it is the cosine of the TF-IDF vectors of values and words, scaled to at most LEARNED_MOST.
"""

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]

SAME = 1.0
PARTNER = 0.7
LEARNED_MOST = 0.6
SVD_FROM = 50
"""Communities from which topics (truncated SVD) are learned; fewer texts hold no topics to find."""
SVD_TOPICS = 32
DECIMALS = 6
"""Kept of a similarity, so that machines agree on the bytes."""
STOP_WORDS = (
    *("au", "aux", "avec", "ce", "ces", "cette", "chez", "dans", "de", "des", "du", "elle", "en", "entre", "est", "et"),
    *("il", "la", "le", "les", "leur", "leurs", "mais", "ne", "nos", "notre", "nous", "on", "ou", "par", "pas", "plus"),
    *("pour", "qu", "que", "qui", "sa", "sans", "se", "ses", "son", "sont", "sur", "tous", "tout", "toute", "toutes"),
    *("un", "une", "vos", "votre", "vous"),
)


def affinity_matrix(communities: "pl.DataFrame") -> Floats:
    """Square matrix in the order of `communities` (columns slug, partners, values, words)."""
    slugs = communities["slug"].to_list()
    matrix = np.round(LEARNED_MOST * _similarity(_texts(communities)), DECIMALS)
    position = {slug: index for index, slug in enumerate(slugs)}
    for index, partners in enumerate(communities["partners"].to_list()):
        for partner in partners or ():
            if partner in position:
                matrix[index, position[partner]] = PARTNER
    np.fill_diagonal(matrix, SAME)
    return matrix


def _texts(communities: "pl.DataFrame") -> list[str]:
    return [
        " ".join([*(values or ()), words or ""]) for values, words in communities.select("values", "words").iter_rows()
    ]


def _similarity(texts: list[str]) -> Floats:
    """Cosine of TF-IDF vectors (of their topics when there are many), in [0, 1]."""
    nothing = np.zeros((len(texts), len(texts)))
    if sum(bool(text.strip()) for text in texts) < 2:
        return nothing  # without loading a library that takes a second

    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(strip_accents="unicode", stop_words=list(STOP_WORDS))
    analyse = vectorizer.build_analyzer()
    if not any(analyse(text) for text in texts):
        return nothing
    vectors = vectorizer.fit_transform(texts)
    dense = vectors.toarray() if len(texts) < SVD_FROM else _topics(vectors)
    result: Floats = np.clip(dense @ dense.T, 0.0, 1.0)
    return result


def _topics(vectors: object) -> Floats:
    from sklearn.decomposition import TruncatedSVD

    width = vectors.shape[1]  # type: ignore[attr-defined]
    reduced = TruncatedSVD(min(SVD_TOPICS, width), random_state=0).fit_transform(vectors)
    lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
    result: Floats = np.divide(reduced, lengths, out=np.zeros_like(reduced), where=lengths > 0)
    return result
