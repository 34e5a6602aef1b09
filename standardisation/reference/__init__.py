"""Reference tables that the standardisers look things up in."""
