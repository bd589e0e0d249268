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
pub mod checked;
pub mod contract;
pub mod cpv;
pub mod date;
pub mod department;
pub mod fault;
pub mod fold;
pub mod id;
pub mod identifier;
pub mod money;
pub mod mutual;
pub mod outcome;
pub mod percent;
pub mod record;
pub mod region;
pub mod sector;
pub mod slug;
pub mod source;
pub mod staff_ballot;
pub mod text;
pub mod vocabulary;
pub mod web_url;

pub use access::{
    Access, Action, Caller, Confidences, Grant, Kind, Object, Reach, Refused, Role, Scope, authorize, authorize_role,
    grants, is_public,
};
pub use api_key::{ApiKey, Lifetime};
pub use checked::{Checked, Distinct, Rules};
pub use contract::{Contract, ContractStatus, Ocid, Procedure, Protection, ProtectionKind, Timeline};
pub use cpv::{CpvCode, CpvPrefix};
pub use date::{Day, PartialDate, Precision};
pub use department::{Department, DepartmentKind};
pub use fault::{Fault, FaultCode, Invalid};
pub use fold::{SearchQuery, fold_name, tokens};
pub use id::{ContractId, DepartmentId, Id, KeyId, MutualId, StaffBallotId};
pub use identifier::{Identifier, Scheme};
pub use money::{Currency, MAX_INTEGER, Money};
pub use mutual::{LegalForm, Mutual, OriginRoute, Parents, Staff, Stage, Tests};
pub use outcome::TestOutcome;
pub use percent::{Percent, PrintedPercent};
pub use record::Record;
pub use region::Region;
pub use sector::Sector;
pub use slug::{Key, Slug};
pub use source::{MAX_SOURCES, Source, Sources};
pub use staff_ballot::{
    BallotKind, BallotMethod, BallotMode, BallotOption, BallotResult, BallotState, Basis, CountsKnown, Effect, Ending,
    Held, OptionCount, OptionKey, Organiser, PublishedBasis, PublishedFigure, Round, Scrutineer, Share, StaffBallot,
    Tally, Threshold, ThresholdOutcome,
};
pub use text::{Description, Line, Name, Note, Prose, Title};
pub use vocabulary::Vocabulary;
pub use web_url::WebUrl;
