//! Checks that a PostgreSQL server can store a register, and that its settings are safe.

use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};

use crate::backend::conn::Conn;

/// The oldest version that the tests run on.
const OLDEST: i32 = 15;

#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Integer)]
    version: i32,
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Text)]
    messages: String,
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
    #[diesel(sql_type = Bool)]
    is_standby: bool,
    #[diesel(sql_type = Bool)]
    is_read_only: bool,
    #[diesel(sql_type = Bool)]
    is_durable: bool,
}

/// What a program is about to do with a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Only to read it, as far as is known.
    Reading,
    /// To serve it, or to change it.
    Writing,
}

/// Rejects a server on which the register would behave differently, and warns of one that may lose confirmed changes.
///
/// # Errors
/// In words, with what to do.
pub(crate) fn check(conn: &mut Conn, purpose: Use) -> Result<(), String> {
    let Conn::Postgres(conn) = conn else { return Ok(()) };
    let found: Server = diesel::sql_query(
        "SELECT current_setting('server_version_num')::integer / 10000 AS version, \
         current_setting('server_encoding') AS encoding, current_setting('lc_messages') AS messages, \
         current_setting('synchronous_commit') AS synchronous_commit, pg_is_in_recovery() AS is_standby, \
         current_setting('default_transaction_read_only')::boolean AS is_read_only, \
         current_setting('fsync')::boolean AND current_setting('full_page_writes')::boolean AS is_durable",
    )
    .get_result(conn)
    .map_err(|error| error.to_string())?;
    let fault = found.fault().or_else(|| (purpose == Use::Writing).then(|| found.obstacle()).flatten());
    if fault.is_none() && purpose == Use::Writing && !found.is_durable {
        log::warn!("PostgreSQL has fsync or full_page_writes off: what it confirms may be lost when the machine fails");
    }
    fault.map_or(Ok(()), Err)
}

impl Server {
    fn fault(&self) -> Option<String> {
        if self.version < OLDEST {
            return Some(format!("it is PostgreSQL {}: version {OLDEST} or newer is needed", self.version));
        }
        if self.encoding != "UTF8" {
            let encoding = &self.encoding;
            return Some(format!("its encoding is {encoding}: create the database again with ENCODING 'UTF8'"));
        }
        // diesel tells failures apart by SQLSTATE where it has a name for them, and passes on the others in the server's language.
        let messages = self.messages.as_str();
        let is_english =
            ["", "C", "POSIX"].contains(&messages) || messages.starts_with("C.") || messages.starts_with("en");
        if !is_english {
            return Some(format!(
                "it tells of errors in the language {}: as a superuser, run ALTER ROLE … SET lc_messages = 'C' for the \
                 role of the service",
                self.messages
            ));
        }
        (self.synchronous_commit == "off").then(|| "synchronous_commit is off and cannot be switched on".to_owned())
    }

    fn obstacle(&self) -> Option<String> {
        if self.is_standby {
            return Some("it is a standby, which cannot be changed: use the address of the primary server".to_owned());
        }
        self.is_read_only
            .then(|| "default_transaction_read_only is on, so it cannot be changed: switch it off".to_owned())
    }
}
