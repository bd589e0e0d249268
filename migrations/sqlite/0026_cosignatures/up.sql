-- The newest cosignature of each witness in each epoch of the log: which head the witness signed, and when (POSIX seconds).
CREATE TABLE cosignatures (
    epoch TEXT NOT NULL,
    witness TEXT NOT NULL,
    tree_size INTEGER NOT NULL,
    signed_at INTEGER NOT NULL,
    signature BLOB NOT NULL,
    CONSTRAINT pk_cosignatures PRIMARY KEY (epoch, witness)
) STRICT, WITHOUT ROWID;
