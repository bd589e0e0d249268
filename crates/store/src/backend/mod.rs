//! What knows the databases: connections, dialects, migrations, files, backups, copies and the tables.

pub(crate) mod address;
pub(crate) mod backup;
pub(crate) mod cells;
pub(crate) mod checkpoint;
pub(crate) mod column;
pub(crate) mod conn;
pub(crate) mod copy;
pub(crate) mod dialect;
pub(crate) mod files;
pub(crate) mod fragment;
pub(crate) mod json;
pub(crate) mod migrate;
pub(crate) mod schema;
pub(crate) mod server;
pub(crate) mod site;
pub(crate) mod tables;
