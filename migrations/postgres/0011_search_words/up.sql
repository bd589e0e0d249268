-- The words of each record are here already; SQLite keeps them from now on too.
SELECT 1;
