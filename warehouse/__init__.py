"""The only door to the warehouse and the landing zone."""
