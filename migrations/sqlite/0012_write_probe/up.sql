-- A row that an idle service changes to find out whether it can write; it says nothing of the register.
CREATE TABLE write_probe (
    number INTEGER NOT NULL
) STRICT;

INSERT INTO write_probe (number) VALUES (0);
