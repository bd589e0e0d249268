ALTER TABLE staff_ballots ADD COLUMN corrections TEXT NOT NULL DEFAULT '[]';
