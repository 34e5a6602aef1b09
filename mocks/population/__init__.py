"""Mock of the population register: an HTTP API over a PostgreSQL database of its own."""
