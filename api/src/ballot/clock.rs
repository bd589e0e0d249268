//! The clock of ballots that are held here: it closes those whose time has come, and destroys the boxes that have done their service.
//!
//! Several instances may try the same: the register lets one of them close a ballot, and a box can be destroyed twice.

use std::collections::HashSet;
use std::time::Duration;

use actix_web::rt::time::sleep;
use domain::ballot_protocol::PublicKey;
use domain::{BallotState, Closer, DraftAccess, Record, StaffBallot, StaffBallotId};
use store::{ReadTx, StoredRecord as _, hosted_ballot};

use crate::app::App;
use crate::history::signing::LogSigner;
use crate::http::request_id::RequestId;

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// After how many looks it also looks for boxes that should be gone.
const BOXES_EVERY: u32 = 60;

/// Why a service with ballots that are open must not start.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(
        "the ballot {0} is open, and the signing key cannot sign its receipts: start with the key with which its roll was frozen"
    )]
    OtherKey(StaffBallotId),
}

/// Finishes what an earlier run of the service left unfinished. Nothing can be read before.
///
/// # Errors
/// [`Unfit`].
pub async fn prepare(app: &App) -> Result<(), Unfit> {
    let open = app.store.survey(hosted_ballot::all_open).await?;
    for ballot in &open {
        expect_key(app.signer.as_ref(), ballot)?;
    }
    close_due(app, &mut HashSet::new()).await?;
    Ok(settle_all(app).await?)
}

async fn settle_all(app: &App) -> Result<(), store::Error> {
    for id in app.store.on_boxes(store::Boxes::all).await? {
        settle(app, id).await;
    }
    Ok(())
}

/// Starts it.
pub fn start(app: App) {
    drop(actix_web::rt::spawn(async move {
        let mut told = HashSet::new();
        for look in (1..BOXES_EVERY).chain([0]).cycle() {
            sleep(EVERY).await;
            if let Err(error) = close_due(&app, &mut told).await {
                log::warn!("could not close the ballots whose time has come, trying again: {error}");
            }
            if look == 0
                && let Err(error) = settle_all(&app).await
            {
                log::warn!("could not look for boxes that should be gone, trying again: {error}");
            }
        }
    }));
}

fn expect_key(signer: Option<&LogSigner>, ballot: &Record<StaffBallot>) -> Result<(), Unfit> {
    let promised: Option<PublicKey> =
        ballot.content.hosting.as_ref().and_then(|hosting| Some(hosting.progress.frozen?.receipt_key));
    let own = signer.map(|signer| signer.of_receipts(ballot.id).public_key());
    if promised.is_some() && promised == own { Ok(()) } else { Err(Unfit::OtherKey(ballot.id)) }
}

/// Closes the ballots whose time has come. What stands in the way of one is told once.
async fn close_due(app: &App, told: &mut HashSet<StaffBallotId>) -> Result<(), store::Error> {
    let now = app.clock.now();
    for ballot in app.store.survey(move |tx| hosted_ballot::due(tx, now)).await? {
        let (boxes, id) = (app.store.boxes(), ballot.id);
        let stamp = app.operator(RequestId::make().as_str());
        let close = app.store.write(stamp, move |tx| {
            let current = StaffBallot::find(tx, &id, DraftAccess::All)?;
            hosted_ballot::close(tx, &boxes, &current, Closer::Clock).map(drop)
        });
        match close.await {
            Ok(()) => log::info!("the ballot {id} is closed"),
            Err(error) => {
                // Another instance, or its issuer, may have been faster.
                let is_open = app.store.read_one(move |tx| hosted_ballot::is_open(tx, id)).await.unwrap_or(true);
                if is_open && told.insert(id) {
                    log::warn!("could not close the ballot {id}, trying again every second: {error}");
                }
            }
        }
        settle(app, id).await;
    }
    Ok(())
}

/// Brings the box of a ballot in line with its record: one that is closed, cancelled or gone has none, and one into which votes can be
/// cast is not sealed.
pub async fn settle(app: &App, id: StaffBallotId) {
    let now = app.clock.now();
    let read = app.store.read_one(move |tx: &mut ReadTx<'_>| match StaffBallot::find(tx, &id, DraftAccess::All) {
        Ok(ballot) => Ok(Some(ballot)),
        Err(store::Error::NotFound { .. } | store::Error::Gone { .. }) => Ok(None),
        Err(error) => Err(error),
    });
    let settled = match read.await {
        Ok(Some(ballot)) => match ballot.content.state() {
            // Its box is being made, if there is one.
            BallotState::Draft | BallotState::RollFrozen => Ok(()),
            BallotState::Open if ballot.content.expect_casting(now).is_ok() => {
                app.store.on_boxes(move |boxes| boxes.reopen(id)).await
            }
            BallotState::Open => Ok(()),
            _ => app.store.on_boxes(move |boxes| boxes.destroy(id)).await,
        },
        Ok(None) => app.store.on_boxes(move |boxes| boxes.destroy(id)).await,
        Err(error) => Err(error),
    };
    if let Err(error) = settled {
        log::error!("the box of the ballot {id} is not settled, trying again within a minute: {error}");
    }
}
