//! What others printed about a ballot, against its counts.

use crate::vocabulary::vocabulary;

use super::tally::{PublishedFigure, Tally};
use super::words::{Basis, PublishedBasis};

vocabulary! {
    /// Whether a published figure agrees with the counts, at the precision it was published with.
    pub enum FigureCheck {
        /// The counts give this figure.
        Agrees = "agrees",
        /// The counts give another figure.
        Disagrees = "disagrees",
        /// The known counts do not say.
        CannotBeChecked = "cannot_be_checked",
    }
}

impl Tally {
    /// Whether a published figure is what the counts say.
    ///
    /// A figure of which the source doesn't say what it is a percentage of agrees if it is right of anything
    /// that it could be of, and disagrees only if it is wrong of all of them.
    pub fn check(&self, figure: &PublishedFigure) -> FigureCheck {
        let bases: &[Basis] = match figure.basis {
            PublishedBasis::Turnout => &[Basis::Turnout],
            PublishedBasis::OfValid => &[Basis::OfValid],
            PublishedBasis::OfCast => &[Basis::OfCast],
            PublishedBasis::OfEntitled => &[Basis::OfEntitled],
            PublishedBasis::NotStated => &[Basis::OfValid, Basis::OfCast, Basis::OfEntitled],
        };
        let agrees = |basis: &Basis| {
            let share = self.share(*basis, figure.option.as_ref())?;
            Some(figure.percent.is_rounded_from(share.numerator, share.denominator))
        };
        let checks: Vec<Option<bool>> = bases.iter().map(agrees).collect();
        if checks.contains(&Some(true)) {
            FigureCheck::Agrees
        } else if checks.contains(&None) {
            FigureCheck::CannotBeChecked
        } else {
            FigureCheck::Disagrees
        }
    }
}
