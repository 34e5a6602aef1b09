"""Stage 3 -> 4: which rows of different registers speak of one person."""
