//! The option that says where the register is.

use clap::Args;
use store::{DatabaseUrl, OpenError};

use super::outcome::WrongUsage;

#[derive(Debug, Args)]
pub(super) struct Database {
    /// Where the register is: sqlite:PATH or postgres://USER@HOST/NAME
    // Its value may hold a password, which neither the help nor a message of clap's may show.
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        default_value = "sqlite:mutuals.db",
        value_name = "URL"
    )]
    database_url: String,
}

impl Database {
    pub(super) fn url(&self) -> Result<DatabaseUrl, WrongUsage> {
        self.database_url.parse().map_err(|error: OpenError| WrongUsage(error.to_string()))
    }
}
