//! The kinds of record: their operations, once for all, and what each kind has of its own.

pub mod annual_return;
pub mod child;
pub mod collection;
pub mod commitment;
pub mod competition;
pub mod compliance;
pub mod contract;
pub mod department;
pub mod enabler;
pub mod endorsement;
pub mod looked_at;
pub mod mutual;
pub mod notice;
pub mod objection;
pub mod ocds;
pub mod operations;
pub mod pathway_progress;
pub mod pathway_step;
pub mod resource;
pub mod search;
pub mod staff_ballot;
pub mod stage_transition;
pub mod support_request;
pub mod words;

use utoipa_actix_web::service_config::ServiceConfig;

/// What mounts the operations of each kind, and then those that only some have.
pub const OPERATIONS: &[fn(&mut ServiceConfig<'_>)] = {
    macro_rules! mount {
        (($($Record:ident),+) ($($Parent:ident: $Child:ident),+)) => {
            &[$(operations::root::<$Record>,)+ $(operations::children::<$Child>,)+ of_some_kinds]
        };
    }
    domain::for_each_record!(mount)
};

fn of_some_kinds(config: &mut ServiceConfig<'_>) {
    config
        .service(staff_ballot::declare_staff_ballot)
        .service(staff_ballot::void_staff_ballot)
        .service(staff_ballot::supersede_staff_ballot)
        .service(staff_ballot::correct_staff_ballot)
        .service(staff_ballot::get_appointment)
        .service(staff_ballot::replace_appointment)
        .service(staff_ballot::replace_scrutineer_report)
        .service(staff_ballot::delete_appointment)
        .service(stage_transition::get_readiness)
        .service(stage_transition::correct_stage_transition)
        .service(pathway_progress::get_mutual_pathway);
}
