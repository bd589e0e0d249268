//! What all data files say.

use crate::data_file::{DataFile, FileFault};
use crate::procurement::Law;
use crate::published::NationalFigures;

/// What the data files say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// What rules of procurement law rest on.
    pub law: Law,
    /// What others have published on all mutuals together.
    pub published: NationalFigures,
}

impl Data {
    /// Reads the files, whose texts are given by this.
    ///
    /// # Errors
    /// The first file with something wrong, and the line.
    pub fn read<'t>(text: impl Fn(DataFile) -> &'t str) -> Result<Self, (DataFile, FileFault)> {
        let published = NationalFigures::parse(text(DataFile::PublishedFigures))
            .map_err(|fault| (DataFile::PublishedFigures, fault))?;
        Ok(Self { law: Law::read(text)?, published })
    }
}
