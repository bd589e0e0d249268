-- What everybody may see of a hosted ballot beside its record: its roll, and after its close the codes that were spent and the votes. Each
-- list is kept in pages of sorted lines, so that no order tells which line came with which.
CREATE TABLE ballot_lists (
    staff_ballot_id TEXT NOT NULL,
    list TEXT NOT NULL,
    page INTEGER NOT NULL,
    line_count INTEGER NOT NULL,
    lines TEXT NOT NULL,
    CONSTRAINT pk_ballot_lists PRIMARY KEY (staff_ballot_id, list, page)
) STRICT, WITHOUT ROWID;
