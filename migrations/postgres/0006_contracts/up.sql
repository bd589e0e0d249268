CREATE TABLE contracts (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    mutual_id TEXT COLLATE "C" NOT NULL,
    department_id TEXT COLLATE "C" NOT NULL,
    reference TEXT COLLATE "C",
    ocid TEXT COLLATE "C",
    health_services BOOLEAN,
    procedure TEXT NOT NULL,
    procurement_started_on DATE,
    awarded_on DATE,
    entered_on DATE,
    starts_on DATE,
    ends_on DATE,
    latest_ends_on DATE,
    value_amount_minor BIGINT,
    value_currency TEXT,
    protection_kind TEXT,
    status TEXT NOT NULL,
    is_first BOOLEAN NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_contracts PRIMARY KEY (id),
    CONSTRAINT fk_contracts__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_contracts__department_id FOREIGN KEY (department_id) REFERENCES departments (id)
);

-- A mutual has at most one first contract.
CREATE UNIQUE INDEX uq_contracts__mutual_id__is_first ON contracts (mutual_id) WHERE is_first;
CREATE INDEX ix_contracts__mutual_id__entered_on ON contracts (mutual_id, entered_on);
CREATE INDEX ix_contracts__department_id ON contracts (department_id);
CREATE INDEX ix_contracts__starts_on__id ON contracts (starts_on, id) WHERE starts_on IS NOT NULL;
CREATE INDEX ix_contracts__ends_on__id ON contracts (ends_on, id) WHERE ends_on IS NOT NULL;
CREATE INDEX ix_contracts__value_amount_minor__id ON contracts (value_amount_minor, id) WHERE value_amount_minor IS NOT NULL;
CREATE INDEX ix_contracts__updated_at__id ON contracts (updated_at, id);

CREATE TABLE contract_cpv_codes (
    cpv_code TEXT COLLATE "C" NOT NULL,
    contract_id TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_contract_cpv_codes PRIMARY KEY (contract_id, cpv_code),
    CONSTRAINT fk_contract_cpv_codes__contract_id FOREIGN KEY (contract_id) REFERENCES contracts (id) ON DELETE CASCADE
);

CREATE INDEX ix_contract_cpv_codes__cpv_code ON contract_cpv_codes (cpv_code);
