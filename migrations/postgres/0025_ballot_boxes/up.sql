-- What everybody may see of a hosted ballot beside its record: its roll, and after its close the codes that were spent and the votes. Each
-- list is kept in pages of sorted lines, so that no order tells which line came with which.
CREATE TABLE ballot_lists (
    staff_ballot_id TEXT COLLATE "C" NOT NULL,
    list TEXT COLLATE "C" NOT NULL,
    page BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    lines TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_ballot_lists PRIMARY KEY (staff_ballot_id, list, page)
);

-- The boxes that votes are cast into while a ballot is open. On SQLite each is a file of its own.
CREATE TABLE ballot_boxes (
    staff_ballot_id TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_ballot_boxes PRIMARY KEY (staff_ballot_id)
);
CREATE TABLE ballot_box_roll (
    staff_ballot_id TEXT COLLATE "C" NOT NULL,
    entry TEXT COLLATE "C" NOT NULL,
    spend TEXT COLLATE "C",
    CONSTRAINT pk_ballot_box_roll PRIMARY KEY (staff_ballot_id, entry)
);
CREATE TABLE ballot_box_votes (
    staff_ballot_id TEXT COLLATE "C" NOT NULL,
    tracker TEXT COLLATE "C" NOT NULL,
    choice TEXT COLLATE "C" NOT NULL,
    CONSTRAINT pk_ballot_box_votes PRIMARY KEY (staff_ballot_id, tracker)
);
