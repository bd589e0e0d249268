-- Lists come in the order of entry: an index that ends with the id grows at its end, where those by name, launch and staff touched a
-- page of their own with each mutual. What lists are filtered and counted by stands together, so that none of it needs the whole row.
DROP INDEX ix_mutuals__stage__name_folded;
DROP INDEX ix_mutuals__department_id__name_folded;
DROP INDEX ix_mutuals__launched_on__id;
DROP INDEX ix_mutuals__staff_count__id;

CREATE INDEX ix_mutuals__stage__id ON mutuals (stage, id);
CREATE INDEX ix_mutuals__department_id__id ON mutuals (department_id, id) WHERE department_id IS NOT NULL;
CREATE INDEX ix_mutuals__facts ON mutuals (id, stage, region, legal_form, origin_route, department_id, launched_on, ended_on, staff_count);
