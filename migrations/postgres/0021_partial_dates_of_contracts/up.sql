-- The dates of a contract may be known to the month or the year only: they are texts, in the order of their first days.
ALTER TABLE contracts
    ALTER COLUMN awarded_on TYPE TEXT COLLATE "C" USING to_char(awarded_on, 'YYYY-MM-DD'),
    ALTER COLUMN entered_on TYPE TEXT COLLATE "C" USING to_char(entered_on, 'YYYY-MM-DD'),
    ALTER COLUMN starts_on TYPE TEXT COLLATE "C" USING to_char(starts_on, 'YYYY-MM-DD'),
    ALTER COLUMN ends_on TYPE TEXT COLLATE "C" USING to_char(ends_on, 'YYYY-MM-DD');
