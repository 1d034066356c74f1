r"""
Which human-rights safeguards do cybercrime treaties contain, and where is their wording vague?

The package reads the folders beside it (``corpus/``, ``schema/``, ``annotations/``), derives what
can be derived and publishes ``dist/dataset/``. The command ``safeguards`` is its face; the modules
are plain functions and can be used from Python as well.

>>> from safeguards.provisions import split
>>> [p.eid for p in split("Article 1\n\n1. One rule.\n\n2. Another.", "demo")]
['art_1', 'art_1__para_1', 'art_1__para_2']
"""

__version__ = "0.1.0"
