"""Stage 2 -> 3: suites, the gate, and which rows break which rule."""
