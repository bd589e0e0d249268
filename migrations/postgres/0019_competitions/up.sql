-- Who won the competitions for contracts, and what became of the mutual in them.
CREATE TABLE competitions (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    contract_id TEXT COLLATE "C" NOT NULL,
    outcome TEXT NOT NULL,
    winner_kind TEXT,
    decided_on TEXT COLLATE "C",
    document TEXT NOT NULL,
    entry_seq BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_competitions PRIMARY KEY (id),
    CONSTRAINT fk_competitions__contract_id FOREIGN KEY (contract_id) REFERENCES contracts (id)
);

CREATE INDEX ix_competitions__contract_id__id ON competitions (contract_id, id);

-- What buyers published about contracts.
CREATE TABLE notices (
    id TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    contract_id TEXT COLLATE "C" NOT NULL,
    code TEXT NOT NULL,
    published_on DATE NOT NULL,
    document TEXT NOT NULL,
    entry_seq BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT pk_notices PRIMARY KEY (id),
    CONSTRAINT fk_notices__contract_id FOREIGN KEY (contract_id) REFERENCES contracts (id)
);

CREATE INDEX ix_notices__contract_id__published_on__id ON notices (contract_id, published_on, id);
