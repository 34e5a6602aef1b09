"""0 -> 1: read a source as its contract says, and land a batch.

One module a transport (``http``, ``sql``, ``files``), none a source. Importing this package
imports nothing heavy; `connectors.ingest.ingest_batch` is what a run calls.
"""
