DROP TABLE contract_cpv_codes;
DROP TABLE contracts;
