"""Pages for auditors, engineers and desks."""
