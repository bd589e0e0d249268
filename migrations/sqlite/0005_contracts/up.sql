CREATE TABLE contracts (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    mutual_id TEXT NOT NULL,
    department_id TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT,
    reference TEXT,
    ocid TEXT,
    cpv_codes TEXT NOT NULL,
    health_services INTEGER,
    procedure TEXT NOT NULL,
    procurement_started_on TEXT,
    awarded_on TEXT,
    award_notice_on TEXT,
    entered_on TEXT,
    starts_on TEXT,
    ends_on TEXT,
    latest_ends_on TEXT,
    value_amount_minor INTEGER,
    value_currency TEXT,
    protection_kind TEXT,
    protection_until TEXT,
    status TEXT NOT NULL,
    is_first INTEGER NOT NULL,
    sources TEXT NOT NULL,
    document TEXT NOT NULL,
    CONSTRAINT pk_contracts PRIMARY KEY (id),
    CONSTRAINT fk_contracts__mutual_id FOREIGN KEY (mutual_id) REFERENCES mutuals (id),
    CONSTRAINT fk_contracts__department_id FOREIGN KEY (department_id) REFERENCES departments (id),
    CONSTRAINT ck_contracts__procedure CHECK (procedure = 'pcr_open' OR procedure = 'pcr_restricted' OR procedure = 'pcr_competitive_with_negotiation' OR procedure = 'pcr_competitive_dialogue' OR procedure = 'pcr_light_touch' OR procedure = 'pcr_reg77_reserved' OR procedure = 'pa_open' OR procedure = 'pa_competitive_flexible' OR procedure = 'pa_s33_reserved' OR procedure = 'pa_direct_award' OR procedure = 'pa_user_choice_direct' OR procedure = 'framework_calloff' OR procedure = 'psr_direct_a' OR procedure = 'psr_direct_b' OR procedure = 'psr_direct_c' OR procedure = 'psr_most_suitable' OR procedure = 'psr_competitive' OR procedure = 'right_to_request_uncontested' OR procedure = 'in_house_exempt' OR procedure = 'below_threshold' OR procedure = 'other'),
    CONSTRAINT ck_contracts__protection_kind CHECK (protection_kind = 'none' OR protection_kind = 'uncontested_first' OR protection_kind = 'reserved' OR protection_kind = 'longer_term' OR protection_kind = 'other'),
    CONSTRAINT ck_contracts__status CHECK (status = 'planned' OR status = 'tendering' OR status = 'award_decided' OR status = 'standstill' OR status = 'active' OR status = 'expired' OR status = 'terminated_early' OR status = 'cancelled'),
    CONSTRAINT ck_contracts__health_services CHECK (health_services IN (0, 1)),
    CONSTRAINT ck_contracts__is_first CHECK (is_first IN (0, 1)),
    CONSTRAINT ck_contracts__value CHECK (value_amount_minor >= 0 AND (value_amount_minor IS NULL) = (value_currency IS NULL)),
    CONSTRAINT ck_contracts__ends_on CHECK (starts_on <= ends_on),
    CONSTRAINT ck_contracts__latest_ends_on CHECK (ends_on <= latest_ends_on AND starts_on <= latest_ends_on)
) STRICT;

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

CREATE INDEX ix_contract_cpv_codes__cpv_code ON contract_cpv_codes (cpv_code);
