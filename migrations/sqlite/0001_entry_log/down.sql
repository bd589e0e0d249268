DROP TABLE document_form;
DROP TABLE idempotency_keys;
DROP TABLE tombstones;
DROP TABLE entries;
DROP TABLE log_head;
