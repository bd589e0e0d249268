-- The second issuer of a hosted ballot sees its draft, as its scrutineer does, who is the first. The clock looks for open ballots.
ALTER TABLE staff_ballots ADD COLUMN issuer_b_key_id TEXT CONSTRAINT fk_staff_ballots__issuer_b_key_id REFERENCES api_keys (id);
CREATE INDEX ix_staff_ballots__issuer_b_key_id ON staff_ballots (issuer_b_key_id) WHERE issuer_b_key_id IS NOT NULL;
CREATE INDEX ix_staff_ballots__id__open ON staff_ballots (id) WHERE state = 'open';
