//! The register of public service mutuals, as values and rules.
//!
//! This crate owns what a department, a mutual, a staff ballot and a contract *are*: their value types, their
//! vocabularies and the rules that bind their fields, each as a pure function and, where it comes from law or
//! policy, with its citation. A value that exists is right: every type here is made by a parser or a checked
//! constructor that says what is wrong and what was expected.
//!
//! It knows nothing of JSON, HTTP, SQL or the clock. Instants and ids are given to it.

pub mod access;
pub mod api_key;
pub mod ballot_protocol;
pub mod checked;
pub mod data;
pub mod data_file;
pub mod fault;
pub mod id;
pub mod kind;
pub mod procurement;
pub mod published;
pub mod record;
pub mod register;
pub mod role;
pub mod tree;
pub mod value;
pub mod vocabulary;

pub use register::{
    annual_return, child, cliff_edge, commitment, competition, contract, department, enabler, endorsement, import,
    mutual, notice, objection, pathway_progress, pathway_step, readiness, staff_ballot, stage_transition, statistics,
    support_request,
};
pub use value::{
    cpv, date, email_address, fold, fte, identifier, money, outcome, percent, region, sector, slug, source, text,
    web_url,
};

pub use access::{
    Access, Action, Caller, DraftAccess, Grant, Object, Reach, Refused, authorize, authorize_role, grants, is_public,
};
pub use api_key::{ApiKey, KeyId, Lifetime};
pub use ballot_protocol::{BallotIssuer, BallotManifest};
pub use checked::{Checked, Distinct, Rules};
pub use data::Data;
pub use data_file::{DataFile, FileFault};
pub use fault::{Fault, FaultCode, Invalid};
pub use id::Id;
pub use kind::{Belongs, Kind, Recorded};
pub use procurement::{ComplianceRule, NextRoute, Regime, RuleOutcome};
pub use published::{NationalFigure, NationalFigures};
pub use record::Record;
pub use register::annual_return::{AnnualFigures, AnnualReturn, AnnualReturnId};
pub use register::child::Child;
pub use register::cliff_edge::CliffEdgeList;
pub use register::commitment::{Commitment, CommitmentId, CommitmentKind, CommitmentStatus};
pub use register::competition::{
    AsAtContest, Competition, CompetitionId, CompetitionKind, CompetitionOutcome, WinnerKind,
};
pub use register::contract::{
    Contract, ContractId, ContractStatus, FirstContract, OcdsPrefix, Ocid, Procedure, Protection, ProtectionKind,
    Timeline,
};
pub use register::department::{Department, DepartmentId, DepartmentKind, GateThreshold, GateThresholds, Nation};
pub use register::enabler::{Enabler, EnablerId, EnablerRole};
pub use register::endorsement::{
    Constituency, Endorsement, EndorsementId, Position, Stance, derived_position, standing,
};
pub use register::import::{ImportMode, ImportState, ImportUpdate, Importable};
pub use register::mutual::{LegalForm, Mutual, MutualId, OriginRoute, Parents, Staff, Stage, Tests};
pub use register::notice::{Notice, NoticeCode, NoticeId};
pub use register::objection::{Objection, ObjectionId, ObjectionKind, ObjectionOutcome};
pub use register::pathway_progress::{PathwayProgress, PathwayProgressId};
pub use register::pathway_step::{PathwayStep, PathwayStepId, StepPosition};
pub use register::readiness::{Condition, LaunchCondition, LaunchFacts, LookedAt, LookedAtKind, assess};
pub use register::staff_ballot::{
    AppointedIssuer, Archived, BallotError, BallotKind, BallotMethod, BallotMode, BallotOption, BallotResult,
    BallotState, Basis, Board, Cancellation, Casting, Closed, Closer, Correction, CountsKnown, Declaration,
    DeclarationRules, Duties, Effect, Ending, FigureCheck, Frozen, Held, Hosting, HostingPlan, HostingProgress, Opened,
    OptionCount, OptionKey, Organiser, Papers, Past, PublishedBasis, PublishedFigure, ReasonedExtension,
    RecordedComplaint, Reporting, Round, SCRUTINEER_ABOVE, Scrutineer, ScrutineerReport, SentRoll, Share, SignedPaper,
    StaffBallot, StaffBallotId, Tally, Threshold, ThresholdOutcome, Verdict, newest_deciding,
};
pub use register::stage_transition::{
    Amendment, AmendmentError, Course, Misstep, StageTransition, StageTransitionId, Standing, StepFault,
    TransitionCorrection, reachable, replay,
};
pub use register::statistics::StandingGroup;
pub use register::support_request::{SupportRequest, SupportRequestId, SupportStatus};
pub use role::{Role, Scope};
pub use value::cpv::{CpvCode, CpvPrefix};
pub use value::date::{Day, PartialDate, Precision};
pub use value::email_address::EmailAddress;
pub use value::fold::{SearchQuery, SearchWord, fold_name, indexed, sort_key, tokens};
pub use value::fte::Fte;
pub use value::identifier::{Identifier, Scheme};
pub use value::money::{Currency, MAX_INTEGER, Money, SignedMoney};
pub use value::outcome::TestOutcome;
pub use value::percent::{Percent, PrintedPercent};
pub use value::region::Region;
pub use value::sector::Sector;
pub use value::slug::{Key, Slug};
pub use value::source::{MAX_SOURCES, Source, Sources};
pub use value::text::{Description, Line, Name, Note, Prose, SignedNote, Title, shows_nothing};
pub use value::uk_time;
pub use value::web_url::WebUrl;
pub use vocabulary::Vocabulary;
