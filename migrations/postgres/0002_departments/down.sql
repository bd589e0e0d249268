DROP TABLE department_search;
DROP TABLE department_policy_areas;
DROP TABLE departments;
