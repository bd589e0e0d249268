DROP INDEX ix_mutuals__facts;
DROP INDEX ix_mutuals__department_id__id;
DROP INDEX ix_mutuals__stage__id;

CREATE INDEX ix_mutuals__stage__name_folded ON mutuals (stage, name_folded);
CREATE INDEX ix_mutuals__department_id__name_folded ON mutuals (department_id, name_folded) WHERE department_id IS NOT NULL;
CREATE INDEX ix_mutuals__launched_on__id ON mutuals (launched_on, id) WHERE launched_on IS NOT NULL;
CREATE INDEX ix_mutuals__staff_count__id ON mutuals (staff_count, id) WHERE staff_count IS NOT NULL;
