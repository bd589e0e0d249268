//! Regions of the United Kingdom.

use crate::vocabulary::vocabulary;

vocabulary! {
    /// Region of the United Kingdom in which a mutual mainly works: the twelve international territorial
    /// level 1 (ITL1) areas of the Office for National Statistics.
    pub enum Region {
        /// North East of England (ITL1 code TLC).
        NorthEast = "north_east" or "North East England" or "north east of England" or "TLC" or "UKC"
            or "E12000001",
        /// North West of England (ITL1 code TLD).
        NorthWest = "north_west" or "North West England" or "north west of England" or "TLD" or "UKD"
            or "E12000002",
        /// Yorkshire and The Humber (ITL1 code TLE).
        YorkshireAndTheHumber = "yorkshire_and_the_humber" or "Yorkshire" or "Humber"
            or "Yorkshire and Humber" or "Yorkshire & the Humber" or "Yorkshire & Humber" or "TLE" or "UKE"
            or "E12000003",
        /// East Midlands of England (ITL1 code TLF).
        EastMidlands = "east_midlands" or "Midlands" or "TLF" or "UKF" or "E12000004",
        /// West Midlands of England (ITL1 code TLG).
        WestMidlands = "west_midlands" or "Midlands" or "TLG" or "UKG" or "E12000005",
        /// East of England (ITL1 code TLH).
        EastOfEngland = "east_of_england" or "East" or "East Anglia" or "Eastern" or "TLH" or "UKH"
            or "E12000006",
        /// London (ITL1 code TLI).
        London = "london" or "Greater London" or "TLI" or "UKI" or "E12000007",
        /// South East of England (ITL1 code TLJ).
        SouthEast = "south_east" or "South East England" or "south east of England" or "TLJ" or "UKJ"
            or "E12000008",
        /// South West of England (ITL1 code TLK).
        SouthWest = "south_west" or "South West England" or "south west of England" or "TLK" or "UKK"
            or "E12000009",
        /// Wales (ITL1 code TLL).
        Wales = "wales" or "Cymru" or "TLL" or "UKL" or "W92000004",
        /// Scotland (ITL1 code TLM).
        Scotland = "scotland" or "Alba" or "TLM" or "UKM" or "S92000003",
        /// Northern Ireland (ITL1 code TLN).
        NorthernIreland = "northern_ireland" or "NI" or "N Ireland" or "TLN" or "UKN" or "N92000002",
    }
}
