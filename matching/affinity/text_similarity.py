"""Similarity by words: texts of communities as TF-IDF vectors, or their topics (truncated SVD) if there are many."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SVD_FROM = 50
"""Least number of texts from which topics are learned."""
SVD_TOPICS = 32
STOP_WORDS = (
    *("au", "aux", "avec", "ce", "ces", "cette", "chez", "dans", "de", "des", "du", "elle", "en", "entre", "est", "et"),
    *("il", "la", "le", "les", "leur", "leurs", "mais", "ne", "nos", "notre", "nous", "on", "ou", "par", "pas", "plus"),
    *("pour", "qu", "que", "qui", "sa", "sans", "se", "ses", "son", "sont", "sur", "tous", "tout", "toute", "toutes"),
    *("un", "une", "vos", "votre", "vous"),
)


def word_vectors(texts: Sequence[str]) -> Floats:
    """One unit vector per text, zeros for a text without words: shape (texts, words or topics).

    The product of two rows is the cosine of the texts; a negative one, which topics can give, counts as 0.
    """
    no_words = np.zeros((len(texts), 1))
    if sum(bool(text.strip()) for text in texts) < 2:
        return no_words  # without importing scikit-learn, which takes a second

    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(strip_accents="unicode", stop_words=list(STOP_WORDS))
    analyse = vectorizer.build_analyzer()
    if not any(analyse(text) for text in texts):
        return no_words
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
    """Pairs (rows, columns) of each text with words and the `count` texts most similar to it."""
    with_words = np.flatnonzero(vectors.any(axis=1))
    count = min(count, len(with_words) - 1)
    if count < 1:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)

    from sklearn.neighbors import NearestNeighbors

    # The nearest unit vectors have the greatest cosine; this search does not hold the whole square in memory.
    search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(vectors[with_words])
    nearest = search.kneighbors(return_distance=False)  # without arguments a text is not its own neighbour
    return np.repeat(with_words, count), with_words[nearest.reshape(-1)]
