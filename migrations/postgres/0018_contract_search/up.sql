-- Contracts are searched by words, so that they have a number that the index of words knows them by.
ALTER TABLE contracts ADD COLUMN row_no BIGINT GENERATED ALWAYS AS IDENTITY;
ALTER TABLE contract_cpv_codes DROP CONSTRAINT fk_contract_cpv_codes__contract_id;
ALTER TABLE contracts DROP CONSTRAINT pk_contracts;
ALTER TABLE contracts ADD PRIMARY KEY (row_no);
ALTER TABLE contracts ADD CONSTRAINT uq_contracts__id UNIQUE (id);
ALTER TABLE contract_cpv_codes ADD CONSTRAINT fk_contract_cpv_codes__contract_id
    FOREIGN KEY (contract_id) REFERENCES contracts (id) ON DELETE CASCADE;

-- The words of a contract, folded, for `q`.
CREATE TABLE contract_search (
    row_no BIGINT NOT NULL PRIMARY KEY,
    tokens TSVECTOR NOT NULL,
    CONSTRAINT fk_contract_search__row_no FOREIGN KEY (row_no) REFERENCES contracts (row_no) ON DELETE CASCADE
);
CREATE INDEX ix_contract_search__tokens ON contract_search USING gin (tokens);

-- The upgrade of the documents indexes the words of contracts that are there.
UPDATE document_versions SET version = 1, upgraded_through = NULL WHERE kind = 'contract';
