"""Stage 4 -> 5: one record a person, every value with its source and the values that lost."""
