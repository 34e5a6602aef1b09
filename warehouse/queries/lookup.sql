-- The API's calls (each one function of schema lookup), and the owner's side: catalogue, clients.

-- name: open_lookup
-- Policy, budgets, dossier and audit intent; committed before anything is read.
SELECT receipt_id, opened_at, valid_from, ticket, reason FROM lookup.open(
    p_receipt_id => %(receipt_id)s, p_client_id => %(client_id)s, p_request_id => %(request_id)s,
    p_request_mac => %(request_mac)s, p_procedure_code => %(procedure_code)s,
    p_dossier_code => %(dossier_code)s, p_officer => %(officer)s, p_subject => %(subject)s,
    p_key_id => %(key_id)s, p_pin => %(pin)s, p_full_name => %(full_name)s,
    p_birth_date => %(birth_date)s)

-- name: read_lookup
SELECT field, answer FROM lookup.read(p_ticket => %(ticket)s)

-- name: close_lookup
SELECT lookup.close(p_receipt_id => %(receipt_id)s, p_outcome => %(outcome)s,
                    p_fields => %(fields)s)

-- name: record_call
SELECT lookup.record(p_receipt_id => %(receipt_id)s, p_kind => %(kind)s,
                     p_outcome => %(outcome)s, p_reason => %(reason)s,
                     p_client_id => %(client_id)s)

-- name: find_client_secret
SELECT lookup.client_secret(p_client_id => %(client_id)s)

-- name: show_receipt
SELECT opened_at, request_id, request_mac, procedure_code, dossier_code, outcome, fields
FROM lookup.show_receipt(p_receipt_id => %(receipt_id)s, p_client_id => %(client_id)s)

-- name: list_published
SELECT procedure_code, valid_from, document_hash FROM lookup.published_procedures()

-- name: find_schema_version
SELECT lookup.schema_version()

-- name: publish_procedure
INSERT INTO lookup.procedure (
    procedure_code, valid_from, valid_to, answers_deceased, document_hash
) VALUES (
    %(procedure_code)s, %(valid_from)s, %(valid_to)s, %(answers_deceased)s, %(document_hash)s
)
ON CONFLICT (procedure_code, valid_from) DO UPDATE
SET valid_to = excluded.valid_to, answers_deceased = excluded.answers_deceased,
    document_hash = excluded.document_hash

-- name: clear_procedure_fields
DELETE FROM lookup.procedure_field
WHERE procedure_code = %(procedure_code)s AND valid_from = %(valid_from)s

-- name: publish_procedure_field
INSERT INTO lookup.procedure_field (procedure_code, valid_from, position, field, parts)
VALUES (%(procedure_code)s, %(valid_from)s, %(position)s, %(field)s, %(parts)s)

-- name: save_client
-- Registering again renews secret, organisation and desk, and lets a stopped client back in.
INSERT INTO lookup.client (client_id, organisation, desk, secret_hash)
VALUES (%(client_id)s, %(organisation)s, %(desk)s, %(secret_hash)s)
ON CONFLICT (client_id) DO UPDATE
SET organisation = excluded.organisation, desk = excluded.desk,
    secret_hash = excluded.secret_hash, active = true

-- name: clear_permissions
DELETE FROM lookup.permission WHERE client_id = %(client_id)s

-- name: save_permission
INSERT INTO lookup.permission (client_id, procedure_code, fields)
VALUES (%(client_id)s, %(procedure_code)s, %(fields)s)

-- name: stop_client
UPDATE lookup.client SET active = false WHERE client_id = %(client_id)s
