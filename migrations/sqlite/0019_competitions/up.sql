-- Who won the competitions for contracts, and what became of the mutual in them.
CREATE TABLE competitions (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    contract_id TEXT NOT NULL,
    outcome TEXT NOT NULL,
    winner_kind TEXT,
    decided_on TEXT,
    document TEXT NOT NULL,
    entry_seq INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT pk_competitions PRIMARY KEY (id),
    CONSTRAINT fk_competitions__contract_id FOREIGN KEY (contract_id) REFERENCES contracts (id)
) STRICT;

CREATE INDEX ix_competitions__contract_id__id ON competitions (contract_id, id);

-- What buyers published about contracts.
CREATE TABLE notices (
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    contract_id TEXT NOT NULL,
    code TEXT NOT NULL,
    published_on TEXT NOT NULL,
    document TEXT NOT NULL,
    entry_seq INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT pk_notices PRIMARY KEY (id),
    CONSTRAINT fk_notices__contract_id FOREIGN KEY (contract_id) REFERENCES contracts (id)
) STRICT;

CREATE INDEX ix_notices__contract_id__published_on__id ON notices (contract_id, published_on, id);
