-- The dates of a contract may be known to the month or the year only. Here they are texts already.
SELECT 1;
