-- The time of the newest entry, which no later one may be before.
ALTER TABLE log_head ADD COLUMN at TIMESTAMP;
UPDATE log_head SET at = (SELECT MAX(entries.at) FROM entries);
