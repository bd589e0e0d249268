-- The newest cosignature of each witness in each epoch of the log: which head the witness signed, and when (POSIX seconds).
CREATE TABLE cosignatures (
    epoch TEXT COLLATE "C" NOT NULL,
    witness TEXT COLLATE "C" NOT NULL,
    tree_size BIGINT NOT NULL,
    signed_at BIGINT NOT NULL,
    signature BYTEA NOT NULL,
    CONSTRAINT pk_cosignatures PRIMARY KEY (epoch, witness)
);
