//! `mutuals tokens`: who is behind a pseudonym in the log, for operators alone.

use actix_web::rt::System;
use clap::Subcommand;
use store::DatabaseUrl;
use store::pseudonym::{self, Bearer};

use crate::cli::outcome::{self, Failure, print};

/// Questions about pseudonyms of the bearers of tokens.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print the issuer and subject behind a pseudonym, unless they were erased
    Bearer {
        /// The pseudonym, as the log names the caller: token:…
        pseudonym: String,
    },
    /// Print the pseudonym of a subject
    Pseudonym {
        /// The `sub` of the tokens
        subject: String,
        /// The `iss` of the tokens
        #[arg(long, env = "MUTUALS_JWT_ISSUER", value_name = "URL")]
        issuer: String,
    },
}

pub fn perform(command: Command, url: &DatabaseUrl) -> Result<(), Failure> {
    let store = outcome::open(url)?;
    System::new().block_on(async {
        match command {
            Command::Bearer { pseudonym } => {
                let asked = pseudonym.clone();
                let bearer = store.read_one(move |tx| pseudonym::bearer(tx, &asked)).await?;
                let Bearer { issuer, subject } =
                    bearer.ok_or_else(|| format!("nobody is known behind {pseudonym}: it may have been erased"))?;
                print(&format!("{issuer}  {subject}\n"))
            }
            Command::Pseudonym { subject, issuer } => {
                let unknown = format!("{subject} of {issuer} has no pseudonym");
                let bearer = Bearer { issuer, subject };
                let pseudonym = store.read_one(move |tx| pseudonym::find(tx, &bearer)).await?;
                print(&format!("{}\n", pseudonym.ok_or(unknown)?))
            }
        }
    })
}
