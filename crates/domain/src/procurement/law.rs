//! The data files that rules of procurement law rest on, read into what the rules ask.

use crate::data_file::{DataFile, FileFault};
use crate::procurement::calendar::BankHolidays;
use crate::procurement::codes::{Reg77List, Schedule1};
use crate::procurement::thresholds::Thresholds;

/// What the data files on procurement law say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Law {
    /// The bank holidays.
    pub holidays: BankHolidays,
    /// The services under the light touch of the Act, and which of them may be reserved.
    pub schedule_1: Schedule1,
    /// The services that may be reserved under reg. 77.
    pub reg_77: Reg77List,
    /// The values from which rules apply.
    pub thresholds: Thresholds,
}

impl Law {
    /// Reads the files, whose texts are given by this.
    ///
    /// # Errors
    /// The first file with something wrong, and the line.
    pub fn read<'t>(text: impl Fn(DataFile) -> &'t str) -> Result<Self, (DataFile, FileFault)> {
        let at = |file: DataFile| move |fault: FileFault| (file, fault);
        let of = |file: DataFile| (text(file), at(file));
        let (holidays, in_holidays) = of(DataFile::BankHolidays);
        let (schedule, in_schedule) = of(DataFile::Schedule1);
        let (list, in_list) = of(DataFile::Reg77List);
        let (thresholds, in_thresholds) = of(DataFile::Thresholds);
        Ok(Self {
            holidays: BankHolidays::parse(holidays).map_err(in_holidays)?,
            schedule_1: Schedule1::parse(schedule).map_err(in_schedule)?,
            reg_77: Reg77List::parse(list).map_err(in_list)?,
            thresholds: Thresholds::parse(thresholds).map_err(in_thresholds)?,
        })
    }
}
