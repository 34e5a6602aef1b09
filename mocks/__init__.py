"""The synthetic province and the three mock source systems.

Nothing here imports another package of the project: a mock knows its owner's words only, as a
real source would.
"""
