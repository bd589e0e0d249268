-- Departments are listed by the time of their last change, as other records are.
CREATE INDEX ix_departments__updated_at__id ON departments (updated_at, id);
