# The lookup API: no Airflow, no Great Expectations, no Polars.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 \
    MOTLAN_HOME=/var/lib/motlan MOTLAN_CONTRACTS=/srv/motlan/contracts
WORKDIR /srv/motlan

COPY requirements/lookup.txt requirements/lookup.txt
RUN pip install --require-hashes -r requirements/lookup.txt

COPY pyproject.toml ./
COPY hub hub
COPY warehouse warehouse
COPY lookup lookup
COPY contracts contracts
RUN pip install --no-deps --no-build-isolation --config-settings editable_mode=compat --editable . \
    && useradd --uid 10001 --create-home motlan \
    && install -d -o motlan -g motlan -m 0700 /var/lib/motlan /var/lib/motlan/keys
USER motlan

EXPOSE 8000
CMD ["python", "-m", "uvicorn", "--factory", "lookup.app:create_app", "--host", "0.0.0.0", "--port", "8000", "--no-access-log"]
