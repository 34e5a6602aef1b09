"""Mock of the land register: a PostgreSQL database of its own, seen from outside only as nightly drops of files."""
