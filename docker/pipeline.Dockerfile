# Stages 0 to 5, Airflow's processes, the `motlan` command and the mock source systems.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 \
    GX_ANALYTICS_ENABLED=False MOTLAN_HOME=/var/lib/motlan MOTLAN_CONTRACTS=/srv/motlan/contracts
WORKDIR /srv/motlan

COPY requirements/pipeline.txt requirements/pipeline.txt
RUN pip install --require-hashes -r requirements/pipeline.txt

COPY pyproject.toml ./
COPY hub hub
COPY warehouse warehouse
COPY connectors connectors
COPY standardisation standardisation
COPY expectations expectations
COPY linkage linkage
COPY golden golden
COPY sight sight
COPY lookup lookup
COPY dags dags
COPY mocks mocks
COPY cli cli
COPY benchmarks benchmarks
COPY contracts contracts
RUN pip install --no-deps --no-build-isolation --config-settings editable_mode=compat --editable . \
    && useradd --uid 10001 --create-home motlan \
    && for folder in keys landing landing-keys province drops airflow; do \
         install -d -o motlan -g motlan -m 0700 "/var/lib/motlan/$folder"; done \
    && chown motlan:motlan /var/lib/motlan
USER motlan
