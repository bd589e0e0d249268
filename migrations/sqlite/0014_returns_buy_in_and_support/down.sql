DROP TABLE pathway_progress;
DROP TABLE support_requests;
DROP TABLE objections;
DROP TABLE endorsements;
DROP TABLE annual_returns;
