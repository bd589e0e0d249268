ALTER TABLE mutuals DROP COLUMN launch_override_reason;
DROP TABLE stage_transitions;
