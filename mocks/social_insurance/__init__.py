"""Mock of the social insurance register: a database with a read-only account for the hub."""
