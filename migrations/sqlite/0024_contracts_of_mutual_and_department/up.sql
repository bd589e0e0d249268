-- A check looks for what a mutual holds from one buyer. A buyer may have hundreds of contracts, so its index goes on to the mutual.
DROP INDEX ix_contracts__department_id;
CREATE INDEX ix_contracts__department_id__mutual_id ON contracts (department_id, mutual_id);
