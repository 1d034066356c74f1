r"""
Which human-rights safeguards do cybercrime treaties contain, and where is their wording vague?

The package reads the folders beside it (``corpus/``, ``schema/``, ``annotations/``), derives what
can be derived and publishes ``dist/dataset/``. The command ``safeguards`` is its face; the modules
are plain functions and can be used from Python as well.

>>> from safeguards.provisions import split
>>> [p.eid for p in split("Article 1\n\n1. One rule.\n\n2. Another.", "demo")]
['art_1', 'art_1__para_1', 'art_1__para_2']
"""

from typing import Any

__version__ = "0.1.0"


def load(table: str | None = None, **pins: Any) -> Any:
    """
    Return the tables of a release, pinned and verified: see `safeguards.releases.loading.load`.

    >>> load("provisions", folder="no/such/folder")
    Traceback (most recent call last):
        ...
    safeguards.errors.DatasetMissing: no dataset in no/such/folder; build one with ...
    """
    from safeguards.releases.loading import load as load_release

    return load_release(table, **pins)
