"""What `motlan bench` measures with, and the peers it measures against.

Only the command imports this package: it starts the servers and the workers, and hands over their
addresses. Every peer's code, indexes and settings stand here in full.
"""
