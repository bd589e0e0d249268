//! The register of public service mutuals, as values and rules.
//!
//! This crate owns what a department, a mutual, a staff ballot and a contract *are*: their value types, their
//! vocabularies and the rules that bind their fields, each as a pure function and, where it comes from law or
//! policy, with its citation. A value that exists is right: every type here is made by a parser or a checked
//! constructor that says what is wrong and what was expected.
//!
//! It knows nothing of JSON, HTTP, SQL or the clock. Instants and ids are given to it.

pub mod access;
pub mod annual_return;
pub mod api_key;
pub mod checked;
pub mod commitment;
pub mod contract;
pub mod cpv;
pub mod date;
mod decimal;
pub mod department;
pub mod email_address;
pub mod enabler;
pub mod endorsement;
pub mod fault;
pub mod fold;
pub mod fte;
pub mod id;
pub mod identifier;
pub mod import;
pub mod money;
pub mod mutual;
pub mod objection;
pub mod outcome;
pub mod part;
pub mod pathway_progress;
pub mod pathway_step;
pub mod percent;
pub mod readiness;
pub mod record;
pub mod region;
pub mod sector;
pub mod slug;
pub mod source;
pub mod staff_ballot;
pub mod stage_transition;
pub mod statistics;
pub mod support_request;
pub mod text;
pub mod vocabulary;
pub mod web_url;

pub use access::{
    Access, Action, Caller, Confidences, Grant, Kind, Object, Reach, Refused, Role, Scope, authorize, authorize_role,
    grants, is_public,
};
pub use annual_return::{AnnualFigures, AnnualReturn};
pub use api_key::{ApiKey, Lifetime};
pub use checked::{Checked, Distinct, Rules};
pub use commitment::{Commitment, CommitmentKind, CommitmentStatus};
pub use contract::{Contract, ContractStatus, Ocid, Procedure, Protection, ProtectionKind, Timeline};
pub use cpv::{CpvCode, CpvPrefix};
pub use date::{Day, PartialDate, Precision};
pub use department::{Department, DepartmentKind};
pub use email_address::EmailAddress;
pub use enabler::{Enabler, EnablerRole};
pub use endorsement::{Constituency, Endorsement, Position, Stance, derived_position, standing};
pub use fault::{Fault, FaultCode, Invalid};
pub use fold::{SearchQuery, fold_name, tokens};
pub use fte::Fte;
pub use id::{
    AnnualReturnId, CommitmentId, ContractId, DepartmentId, EnablerId, EndorsementId, Id, KeyId, MutualId, ObjectionId,
    PathwayProgressId, PathwayStepId, StaffBallotId, StageTransitionId, SupportRequestId,
};
pub use identifier::{Identifier, Scheme};
pub use import::{ImportMode, ImportState, Importable};
pub use money::{Currency, MAX_INTEGER, Money, SignedMoney};
pub use mutual::{LegalForm, Mutual, OriginRoute, Parents, Staff, Stage, Tests};
pub use objection::{Objection, ObjectionKind, ObjectionOutcome};
pub use outcome::TestOutcome;
pub use part::Part;
pub use pathway_progress::PathwayProgress;
pub use pathway_step::{PathwayStep, StepPosition};
pub use percent::{Percent, PrintedPercent};
pub use readiness::{Condition, LaunchCondition, LaunchFacts, LookedAt, LookedAtKind, assess};
pub use record::Record;
pub use region::Region;
pub use sector::Sector;
pub use slug::{Key, Slug};
pub use source::{MAX_SOURCES, Source, Sources};
pub use staff_ballot::{
    BallotError, BallotKind, BallotMethod, BallotMode, BallotOption, BallotResult, BallotState, Basis, Correction,
    CountsKnown, Declaration, Effect, Ending, FigureCheck, Held, OptionCount, OptionKey, Organiser, Past,
    PublishedBasis, PublishedFigure, Round, SCRUTINEER_ABOVE, Scrutineer, Share, StaffBallot, Tally, Threshold,
    ThresholdOutcome, Verdict, Yardstick, newest_deciding,
};
pub use stage_transition::{Course, Misstep, StageTransition, Standing, StepFault, reachable, replay};
pub use statistics::{Regime, StandingGroup, regime};
pub use support_request::{SupportRequest, SupportStatus};
pub use text::{Description, Line, Name, Note, Prose, Title};
pub use vocabulary::Vocabulary;
pub use web_url::WebUrl;
