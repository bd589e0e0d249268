DROP TABLE import_problems;
DROP TABLE import_records;
DROP TABLE import_chunks;
DROP TABLE imports;
