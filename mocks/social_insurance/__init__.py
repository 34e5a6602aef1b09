"""Mock of the social insurance register: a PostgreSQL database with a read-only account for the hub."""
