-- Contracts are searched by words, so that they have a number that the index of words knows them by. SQLite adds no primary key to a table
-- that is there: the rows go into another. Dropping a table takes what refers to its rows along, so that the codes wait elsewhere.
CREATE TABLE contracts_with_numbers (
    row_no INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    department_id TEXT NOT NULL,
    reference_folded TEXT,
    ocid TEXT,
    health_services INTEGER,
    procedure TEXT NOT NULL,
    procurement_started_on TEXT,
    awarded_on TEXT,
    entered_on TEXT,
    starts_on TEXT,
    ends_on TEXT,
    latest_ends_on TEXT,
    value_amount_minor INTEGER,
    value_currency TEXT,
    protection_kind TEXT,
    status TEXT NOT NULL,
    is_first INTEGER NOT NULL,
    document TEXT NOT NULL,
    entry_seq INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT uq_contracts__id UNIQUE (id),
    CONSTRAINT fk_contracts__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_contracts__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT ck_contracts__health_services CHECK (health_services IN (0, 1)),
    CONSTRAINT ck_contracts__is_first CHECK (is_first IN (0, 1))
) STRICT;
INSERT INTO contracts_with_numbers (
        id, version, created_at, updated_at, mutual_id, department_id, reference_folded, ocid, health_services, procedure,
        procurement_started_on, awarded_on, entered_on, starts_on, ends_on, latest_ends_on, value_amount_minor, value_currency,
        protection_kind, status, is_first, document, entry_seq)
    SELECT
        id, version, created_at, updated_at, mutual_id, department_id, reference_folded, ocid, health_services, procedure,
        procurement_started_on, awarded_on, entered_on, starts_on, ends_on, latest_ends_on, value_amount_minor, value_currency,
        protection_kind, status, is_first, document, entry_seq
    FROM contracts ORDER BY id;
CREATE TEMPORARY TABLE kept_cpv_codes AS SELECT cpv_code, contract_id FROM contract_cpv_codes;
DROP TABLE contract_cpv_codes;
DROP TABLE contracts;
ALTER TABLE contracts_with_numbers RENAME TO contracts;

-- A mutual has at most one first contract.
CREATE UNIQUE INDEX uq_contracts__mutual_id__is_first ON contracts (mutual_id) WHERE is_first;
CREATE INDEX ix_contracts__mutual_id__entered_on ON contracts (mutual_id, entered_on);
CREATE INDEX ix_contracts__department_id ON contracts (department_id);
CREATE INDEX ix_contracts__starts_on__id ON contracts (starts_on, id) WHERE starts_on IS NOT NULL;
CREATE INDEX ix_contracts__ends_on__id ON contracts (ends_on, id) WHERE ends_on IS NOT NULL;
CREATE INDEX ix_contracts__value_amount_minor__id ON contracts (value_amount_minor, id) WHERE value_amount_minor IS NOT NULL;
CREATE INDEX ix_contracts__updated_at__id ON contracts (updated_at, id);

CREATE TABLE contract_cpv_codes (
    cpv_code TEXT NOT NULL,
    contract_id TEXT NOT NULL,
    CONSTRAINT pk_contract_cpv_codes PRIMARY KEY (contract_id, cpv_code),
    CONSTRAINT fk_contract_cpv_codes__contract_id FOREIGN KEY (contract_id) REFERENCES contracts (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
INSERT INTO contract_cpv_codes (cpv_code, contract_id) SELECT cpv_code, contract_id FROM kept_cpv_codes;
DROP TABLE kept_cpv_codes;
CREATE INDEX ix_contract_cpv_codes__cpv_code ON contract_cpv_codes (cpv_code);

-- The words of a contract, folded, for `q`.
CREATE VIRTUAL TABLE contract_search USING fts5 (tokens, detail = column, tokenize = 'ascii');
-- Every batch of writes adds a segment: merging more of them at a time writes less.
INSERT INTO contract_search (contract_search, rank) VALUES ('automerge', 16);

-- The upgrade of the documents indexes the words of contracts that are there.
UPDATE document_versions SET version = 1, upgraded_through = NULL WHERE kind = 'contract';
