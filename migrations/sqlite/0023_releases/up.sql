-- What the log has of contracts, in its order, and what belongs to a contract or takes the place of one: of these the releases of open
-- contracting data are made.
CREATE INDEX ix_entries__seq__contracts ON entries (seq) WHERE resource_type IN ('contract', 'competition', 'notice');
CREATE INDEX ix_entries__contract_id__resource_id ON entries (json_extract(after, '$.contract_id'), resource_id)
    WHERE action = 'create' AND resource_type IN ('competition', 'notice');
CREATE INDEX ix_entries__replaces_contract_id__resource_id ON entries (json_extract(after, '$.replaces_contract_id'), resource_id)
    WHERE resource_type = 'contract' AND json_extract(after, '$.replaces_contract_id') IS NOT NULL;
