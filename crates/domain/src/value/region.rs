//! Regions of the United Kingdom.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Region of the United Kingdom in which a mutual mainly works: the twelve international territorial
    /// level 1 (ITL1) areas of the Office for National Statistics.
    pub enum Region {
        /// North East of England (ITL1 code TLC).
        NorthEast = "north_east",
        /// North West of England (ITL1 code TLD).
        NorthWest = "north_west",
        /// Yorkshire and The Humber (ITL1 code TLE).
        YorkshireAndTheHumber = "yorkshire_and_the_humber",
        /// East Midlands of England (ITL1 code TLF).
        EastMidlands = "east_midlands",
        /// West Midlands of England (ITL1 code TLG).
        WestMidlands = "west_midlands",
        /// East of England (ITL1 code TLH).
        EastOfEngland = "east_of_england",
        /// London (ITL1 code TLI).
        London = "london",
        /// South East of England (ITL1 code TLJ).
        SouthEast = "south_east",
        /// South West of England (ITL1 code TLK).
        SouthWest = "south_west",
        /// Wales (ITL1 code TLL).
        Wales = "wales",
        /// Scotland (ITL1 code TLM).
        Scotland = "scotland",
        /// Northern Ireland (ITL1 code TLN).
        NorthernIreland = "northern_ireland",
    }
}
