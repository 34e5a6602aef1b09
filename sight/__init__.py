"""What others see of a run: who is told by which channel, and what a lineage server hears."""
