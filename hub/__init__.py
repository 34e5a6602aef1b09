"""The words of the hub: contracts, field kinds, settings, errors, names and key digests.

Everything else may import this package; it imports nothing of ours and opens no connection.
Its only reads are the environment, the generated ``env`` file and contract files.
"""
