"""1 -> 2: landed rows in the hub's own terms, every repair flagged.

`standardise` reads a landed frame; `standardisation.kinds.KINDS` holds one standardiser for
each field kind. This package imports Polars, which must not be imported before a fork: import
it inside the task that uses it.
"""

from standardisation.rows import standardise

__all__ = ["standardise"]
