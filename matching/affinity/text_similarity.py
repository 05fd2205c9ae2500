"""What communities say of themselves as vectors of length 1: TF-IDF, or its topics (truncated SVD) for many of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SVD_FROM = 50
"""Communities from which topics are learned; fewer texts hold no topics to find."""
SVD_TOPICS = 32
STOP_WORDS = (
    *("au", "aux", "avec", "ce", "ces", "cette", "chez", "dans", "de", "des", "du", "elle", "en", "entre", "est", "et"),
    *("il", "la", "le", "les", "leur", "leurs", "mais", "ne", "nos", "notre", "nous", "on", "ou", "par", "pas", "plus"),
    *("pour", "qu", "que", "qui", "sa", "sans", "se", "ses", "son", "sont", "sur", "tous", "tout", "toute", "toutes"),
    *("un", "une", "vos", "votre", "vous"),
)


def word_vectors(texts: Sequence[str]) -> Floats:
    """One row per text, zeros for one that says nothing; the cosine of two texts is the product of their rows, taken
    as 0 where topics make it negative."""
    nothing = np.zeros((len(texts), 1))
    if sum(bool(text.strip()) for text in texts) < 2:
        return nothing  # without loading a library that takes a second

    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(strip_accents="unicode", stop_words=list(STOP_WORDS))
    analyse = vectorizer.build_analyzer()
    if not any(analyse(text) for text in texts):
        return nothing
    vectors = vectorizer.fit_transform(texts)
    dense: Floats = vectors.toarray() if len(texts) < SVD_FROM else _topics(vectors)
    return dense


def _topics(vectors: Any) -> Floats:
    from sklearn.decomposition import TruncatedSVD

    reduced = TruncatedSVD(min(SVD_TOPICS, vectors.shape[1]), random_state=0).fit_transform(vectors)
    lengths = np.linalg.norm(reduced, axis=1, keepdims=True)
    result: Floats = np.divide(reduced, lengths, out=np.zeros_like(reduced), where=lengths > 1e-9)
    return result


def closest_by_words(vectors: Floats, count: int) -> tuple[Ints, Ints]:
    """Pairs (one, other): `other` is among the `count` whose words are closest to those of `one`."""
    speaking = np.flatnonzero(vectors.any(axis=1))
    count = min(count, len(speaking) - 1)
    if count < 1:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)

    from sklearn.neighbors import NearestNeighbors

    # Of vectors of length 1 the nearest are those of the greatest cosine, and found without the whole square.
    neighbours = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(vectors[speaking])
    found = neighbours.kneighbors(return_distance=False)  # asked of nobody else, none is its own neighbour
    return np.repeat(speaking, count), speaking[found.reshape(-1)]
