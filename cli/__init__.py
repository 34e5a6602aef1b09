"""The `motlan` command: services up and down, the demo, syncs and contracts."""
