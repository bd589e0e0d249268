DROP TABLE mutual_search;
DROP TABLE identifiers;
DROP TABLE mutual_other_departments;
DROP TABLE mutual_sectors;
DROP TABLE mutuals;
