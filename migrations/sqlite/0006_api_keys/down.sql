DROP INDEX ix_staff_ballots__id__declared;
DROP INDEX ix_staff_ballots__scrutineer_key_id;
ALTER TABLE staff_ballots DROP COLUMN public_document;
ALTER TABLE staff_ballots DROP COLUMN scrutineer_key_id;
DROP TABLE api_keys;
