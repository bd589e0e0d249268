//! Values: text, dates, money, identifiers and the like, each with its parser.

mod appearance;
pub mod cpv;
pub mod date;
mod decimal;
pub mod email_address;
pub mod fold;
pub mod fte;
pub mod identifier;
pub mod money;
pub mod outcome;
pub mod percent;
pub mod region;
pub mod sector;
pub mod slug;
pub mod source;
pub mod text;
pub mod uk_time;
pub mod web_url;
