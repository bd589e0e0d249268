-- Which line of life of the log this is: new where the register is restored from a copy, and since when. `clock_settled` is the newest
-- entry by which the operator said what the time is; 0 where there is none.
ALTER TABLE log_head ADD COLUMN epoch TEXT NOT NULL DEFAULT '';
ALTER TABLE log_head ADD COLUMN epoch_at TEXT;
ALTER TABLE log_head ADD COLUMN clock_settled INTEGER NOT NULL DEFAULT 0;

UPDATE log_head SET epoch = lower(hex(randomblob(8)));

-- What the register said at an instant is told by the numbers of entries.
DROP INDEX ix_entries__resource_type__resource_id__at;
CREATE INDEX ix_entries__resource_type__resource_id__seq ON entries (resource_type, resource_id, seq) WHERE action = 'create';
