//! The register's documents: how each kind of record is sent, shown and stored as JSON.
//!
//! A kind declares its members once (`wire!`). From that declaration come what a caller may send, what is shown, what the
//! public is shown, the merge patch, and the schemas of all of them. The text of a document is read member by member with every fault
//! told at once ([`body`]), or as it was stored ([`record`]).
//!
//! Knows no SQL and no HTTP.

pub mod body;
pub mod canonical;
pub mod compliance;
pub mod cosignature;
pub mod declare;
pub mod decode;
pub mod faults;
pub mod figures;
pub mod identifier;
pub mod named;
pub mod node;
pub mod object;
pub mod ocds;
pub mod record;
pub mod record_name;
pub mod reference;
pub mod register;
pub mod removed;
pub mod review;
pub mod schema;
pub mod source;
pub mod value;

pub use body::{Content, Input, Refusal};
pub use faults::{Faults, PointedFault};
pub use node::{Malformed, Node};
pub use object::{Member, Object, Wire};
pub use record::{ChildDocument, Documented, Json};
pub use reference::Reference;
