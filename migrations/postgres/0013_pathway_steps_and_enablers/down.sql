DROP TABLE enablers;
DROP TABLE pathway_steps;
