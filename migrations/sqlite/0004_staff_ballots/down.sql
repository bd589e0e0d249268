DROP TABLE staff_ballots;
