-- The number of the entry that made each record what it is, and of the one that a kept answer tells of. 0 where there is none.
ALTER TABLE departments ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mutuals ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE staff_ballots ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE contracts ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE commitments ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pathway_steps ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE enablers ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE stage_transitions ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE annual_returns ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE endorsements ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE objections ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE support_requests ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pathway_progress ADD COLUMN entry_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE idempotency_keys ADD COLUMN entry_seq INTEGER;

UPDATE departments SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = departments.id), 0);
UPDATE mutuals SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = mutuals.id), 0);
UPDATE staff_ballots SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = staff_ballots.id), 0);
UPDATE contracts SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = contracts.id), 0);
UPDATE commitments SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = commitments.id), 0);
UPDATE pathway_steps SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = pathway_steps.id), 0);
UPDATE enablers SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = enablers.id), 0);
UPDATE stage_transitions SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = stage_transitions.id), 0);
UPDATE annual_returns SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = annual_returns.id), 0);
UPDATE endorsements SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = endorsements.id), 0);
UPDATE objections SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = objections.id), 0);
UPDATE support_requests SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = support_requests.id), 0);
UPDATE pathway_progress SET entry_seq = COALESCE((SELECT MAX(entries.seq) FROM entries WHERE entries.resource_id = pathway_progress.id), 0);
