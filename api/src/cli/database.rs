//! The options for the address of the register, and for making one if there is none.

use clap::Args;
use store::{DatabaseUrl, Making, OpenError};

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

/// Whether a command makes a register if there is none.
#[derive(Clone, Copy, Debug, Args)]
pub struct MakingOptions {
    /// Fail if there is no register yet, instead of making one; use it if the volume of the register may not be mounted
    #[arg(long, env = "MUTUALS_MUST_EXIST", conflicts_with = "create")]
    must_exist: bool,
    /// Make a register in an SQLite file that exists but contains no register
    #[arg(long)]
    create: bool,
}

impl MakingOptions {
    pub fn making(self) -> Making {
        match self {
            Self { must_exist: true, .. } => Making::Never,
            Self { create: true, .. } => Making::InAnyDatabase,
            Self { .. } => Making::WhereNothingIs,
        }
    }
}
