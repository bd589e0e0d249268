-- The nation of a buyer decides which procurement law applies.
ALTER TABLE departments ADD COLUMN nation TEXT;

-- A contract can take the place of another.
ALTER TABLE contracts ADD COLUMN replaces_contract_id TEXT
    CONSTRAINT fk_contracts__replaces_contract_id REFERENCES contracts (id);
CREATE INDEX ix_contracts__replaces_contract_id ON contracts (replaces_contract_id) WHERE replaces_contract_id IS NOT NULL;
