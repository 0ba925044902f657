"""Phrases in tables: pandas makes plain texts of them, unless a column is of objects."""

from collections.abc import Iterable

import pandas as pd


def as_objects(texts: Iterable[object], index: pd.Index | None = None) -> pd.Series:
    """Return a column that keeps each text as it is."""
    return pd.Series(list(texts), index=index, dtype=object)


def as_known(texts: pd.Series, known: Iterable[str]) -> pd.Series:
    """Return a column of plain texts as the phrases they were, which are among `known`."""
    phrases = {text: text for text in known}
    return as_objects((phrases.get(text, text) for text in texts), texts.index)
