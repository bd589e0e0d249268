//! Ballots that are held here: what issuers, voters and the public do with them, and the clock that closes them.
//!
//! Which step may follow which is the domain's, and what each keeps is the store's.

mod casting;
pub mod castings;
pub mod clock;
mod common;
mod complaint;
mod opening;
mod outcome;
mod pages;
mod step;

use utoipa_actix_web::service_config::ServiceConfig;

/// Mounts the operations.
pub fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(step::replace_issuer)
        .service(step::replace_roll)
        .service(step::replace_half_roll)
        .service(step::get_half_roll)
        .service(step::freeze_roll)
        .service(step::replace_manifest_signature)
        .service(step::open_staff_ballot)
        .service(step::extend_staff_ballot)
        .service(step::cancel_staff_ballot)
        .service(step::create_paper_batch)
        .service(step::close_staff_ballot)
        .service(casting::create_vote)
        .service(opening::get_opening)
        .service(pages::get_roll)
        .service(pages::get_votes)
        .service(pages::get_spends)
        .service(pages::get_vote_proof)
        .service(pages::get_verification_bundle)
        .service(outcome::get_ballot_result)
        .service(complaint::create_complaint);
}
