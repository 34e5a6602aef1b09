"""Mock of the land register: a database of its own, seen from outside only as nightly drops."""
