-- The hash of an entry about a draft is shown to everybody: with a nonce in it nobody can try out what the draft says.
ALTER TABLE entries ADD COLUMN nonce TEXT;
