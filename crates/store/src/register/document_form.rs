//! Keeps the stored documents in the form that this release shows.
//!
//! A new form changes no fact: no version goes up and no entry is logged.

use diesel::prelude::*;
use domain::{
    AnnualReturn, Commitment, Enabler, Endorsement, Objection, PathwayProgress, PathwayStep, StageTransition,
    SupportRequest,
};

use crate::backend::schema::document_form;
use crate::error::Error;
use crate::register::{child, contract, department, mutual, staff_ballot};
use crate::{ReadTx, WriteTx};

/// Records of one table whose documents are looked at in one transaction.
pub(crate) const AT_A_TIME: i64 = 500;

/// The tables whose records have documents.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Table {
    Departments,
    Mutuals,
    StaffBallots,
    Contracts,
    Commitments,
    PathwaySteps,
    Enablers,
    StageTransitions,
    AnnualReturns,
    Endorsements,
    Objections,
    SupportRequests,
    PathwayProgress,
}

impl Table {
    pub(crate) const ALL: [Self; 13] = [
        Self::Departments,
        Self::Mutuals,
        Self::StaffBallots,
        Self::Contracts,
        Self::Commitments,
        Self::PathwaySteps,
        Self::Enablers,
        Self::StageTransitions,
        Self::AnnualReturns,
        Self::Endorsements,
        Self::Objections,
        Self::SupportRequests,
        Self::PathwayProgress,
    ];

    /// Writes the documents of the next records anew where they differ; gives the last id, or none at the end.
    pub(crate) fn rewrite(self, tx: &mut WriteTx<'_>, after: &str) -> Result<Option<String>, Error> {
        match self {
            Self::Departments => department::rewrite_documents(tx, after),
            Self::Mutuals => mutual::rewrite_documents(tx, after),
            Self::StaffBallots => staff_ballot::rewrite_documents(tx, after),
            Self::Contracts => contract::rewrite_documents(tx, after),
            Self::Commitments => child::rewrite_documents::<Commitment>(tx, after),
            Self::StageTransitions => child::rewrite_documents::<StageTransition>(tx, after),
            Self::PathwaySteps => child::rewrite_documents::<PathwayStep>(tx, after),
            Self::Enablers => child::rewrite_documents::<Enabler>(tx, after),
            Self::AnnualReturns => child::rewrite_documents::<AnnualReturn>(tx, after),
            Self::Endorsements => child::rewrite_documents::<Endorsement>(tx, after),
            Self::Objections => child::rewrite_documents::<Objection>(tx, after),
            Self::SupportRequests => child::rewrite_documents::<SupportRequest>(tx, after),
            Self::PathwayProgress => child::rewrite_documents::<PathwayProgress>(tx, after),
        }
    }
}

/// The form that all documents are in.
pub(crate) fn current(tx: &mut ReadTx<'_>) -> Result<i64, Error> {
    Ok(document_form::table.select(document_form::form).first(tx.conn())?)
}

/// Notes that all documents are in this form.
pub(crate) fn settle(tx: &mut WriteTx<'_>, form: i64) -> Result<(), Error> {
    diesel::update(document_form::table).set(document_form::form.eq(form)).execute(tx.changing())?;
    Ok(())
}
