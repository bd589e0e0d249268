ALTER TABLE staff_ballots DROP COLUMN corrections;
