//! The standard's codes for those of the register.

use domain::{ContractStatus, NoticeCode, Procedure};

/// Where a document belongs in a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    Planning,
    Tender,
    Award,
    Contract,
    Implementation,
}

/// What a release says has happened, by how far the contract has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Planning,
    Tender,
    Award,
    Contract,
    Termination,
    TenderCancellation,
    AwardCancellation,
}

impl Phase {
    /// The phase of a contract; where its status is not known, that which its dates tell.
    pub(super) const fn of(status: ContractStatus, is_awarded: bool, is_entered: bool) -> Self {
        match status {
            ContractStatus::Planned => Self::Planning,
            ContractStatus::Tendering => Self::Tender,
            ContractStatus::AwardDecided | ContractStatus::Standstill => Self::Award,
            ContractStatus::Active => Self::Contract,
            ContractStatus::Expired | ContractStatus::TerminatedEarly => Self::Termination,
            ContractStatus::Cancelled if is_awarded => Self::AwardCancellation,
            ContractStatus::Cancelled => Self::TenderCancellation,
            ContractStatus::Unknown if is_entered => Self::Contract,
            ContractStatus::Unknown if is_awarded => Self::Award,
            ContractStatus::Unknown => Self::Tender,
        }
    }

    /// Whether somebody has got the contract.
    pub(super) const fn has_award(self) -> bool {
        matches!(self, Self::Award | Self::Contract | Self::Termination | Self::AwardCancellation)
    }

    /// The tags of the release that brings the phase.
    pub(super) const fn tags(self) -> &'static [&'static str] {
        match self {
            Self::Planning => &["planning"],
            Self::Tender => &["tender"],
            Self::Award => &["award"],
            Self::Contract => &["award", "contract"],
            Self::Termination => &["contractTermination"],
            Self::TenderCancellation => &["tenderCancellation"],
            Self::AwardCancellation => &["awardCancellation"],
        }
    }

    /// The tags of a later release in the same phase.
    pub(super) const fn update_tags(self) -> &'static [&'static str] {
        match self {
            Self::Planning => &["planningUpdate"],
            Self::Tender | Self::TenderCancellation => &["tenderUpdate"],
            Self::Award | Self::AwardCancellation => &["awardUpdate"],
            Self::Contract => &["awardUpdate", "contractUpdate"],
            Self::Termination => &["contractUpdate"],
        }
    }
}

pub(super) const fn tender_status(status: ContractStatus, phase: Phase) -> Option<&'static str> {
    match (status, phase) {
        (ContractStatus::Planned, _) => Some("planning"),
        (ContractStatus::Tendering, _) => Some("active"),
        (ContractStatus::Cancelled, _) => Some("cancelled"),
        (ContractStatus::Unknown, Phase::Tender) => None,
        _ => Some("complete"),
    }
}

pub(super) const fn award_status(status: ContractStatus, phase: Phase) -> Option<&'static str> {
    match (status, phase) {
        (ContractStatus::AwardDecided | ContractStatus::Standstill, _) => Some("pending"),
        (ContractStatus::Cancelled, _) => Some("cancelled"),
        (_, Phase::Contract | Phase::Termination) => Some("active"),
        _ => None,
    }
}

pub(super) const fn contract_status(status: ContractStatus) -> Option<&'static str> {
    match status {
        ContractStatus::AwardDecided | ContractStatus::Standstill => Some("pending"),
        ContractStatus::Active => Some("active"),
        ContractStatus::Expired | ContractStatus::TerminatedEarly => Some("terminated"),
        ContractStatus::Cancelled => Some("cancelled"),
        ContractStatus::Planned | ContractStatus::Tendering | ContractStatus::Unknown => None,
    }
}

/// How far a procedure is open to suppliers; none where it does not say.
pub(super) const fn procurement_method(procedure: Procedure) -> Option<&'static str> {
    match procedure {
        Procedure::PcrOpen | Procedure::PaOpen => Some("open"),
        Procedure::PcrRestricted
        | Procedure::PcrCompetitiveWithNegotiation
        | Procedure::PcrCompetitiveDialogue
        | Procedure::PcrLightTouch
        | Procedure::PcrReg77Reserved
        | Procedure::PaCompetitiveFlexible
        | Procedure::PaS33Reserved
        | Procedure::PsrCompetitive => Some("selective"),
        Procedure::PsrMostSuitable | Procedure::BelowThreshold | Procedure::FrameworkCalloff => Some("limited"),
        Procedure::PaDirectAward
        | Procedure::PaUserChoiceDirect
        | Procedure::PsrDirectA
        | Procedure::PsrDirectC
        | Procedure::RightToRequestUncontested
        | Procedure::InHouseExempt => Some("direct"),
        // All providers that qualify may be chosen by patients.
        Procedure::PsrDirectB | Procedure::Other | Procedure::Unknown => None,
    }
}

/// The law of a procedure, by a scheme and an id of the legal basis extension. No list has one for statutory instruments.
pub(super) const fn legal_basis(procedure: Procedure) -> Option<(&'static str, &'static str)> {
    match procedure {
        Procedure::PaOpen
        | Procedure::PaCompetitiveFlexible
        | Procedure::PaS33Reserved
        | Procedure::PaDirectAward
        | Procedure::PaUserChoiceDirect => Some(("UKPGA", "2023/54")),
        Procedure::PcrOpen
        | Procedure::PcrRestricted
        | Procedure::PcrCompetitiveWithNegotiation
        | Procedure::PcrCompetitiveDialogue
        | Procedure::PcrLightTouch
        | Procedure::PcrReg77Reserved => Some(("CELEX", "32014L0024")),
        Procedure::FrameworkCalloff
        | Procedure::PsrDirectA
        | Procedure::PsrDirectB
        | Procedure::PsrDirectC
        | Procedure::PsrMostSuitable
        | Procedure::PsrCompetitive
        | Procedure::RightToRequestUncontested
        | Procedure::InHouseExempt
        | Procedure::BelowThreshold
        | Procedure::Other
        | Procedure::Unknown => None,
    }
}

/// Whether only public service mutuals and the like may take part.
pub(super) const fn is_reserved(procedure: Procedure) -> bool {
    matches!(procedure, Procedure::PcrReg77Reserved | Procedure::PaS33Reserved)
}

/// Where a notice belongs, and its document type where the standard has one.
pub(super) const fn notice(code: NoticeCode) -> (Section, Option<&'static str>) {
    use NoticeCode as N;
    match code {
        N::Uk1 | N::Uk3 | N::PcrPriorInformation | N::PsrIntentionToFollowMostSuitable => {
            (Section::Planning, Some("plannedProcurementNotice"))
        }
        N::Uk2 => (Section::Planning, Some("marketEngagementNotice")),
        N::Uk4 | N::PsrInvitation | N::PcrContractNotice | N::ContractsFinderOpportunity => {
            (Section::Tender, Some("tenderNotice"))
        }
        N::Uk5
        | N::Uk6
        | N::PsrIntentionToAward
        | N::PsrAward
        | N::PcrAwardNotice
        | N::PcrVoluntaryTransparency
        | N::ContractsFinderAward => (Section::Award, Some("awardNotice")),
        N::Uk7 | N::Uk10 | N::PsrModification | N::PcrModification => (Section::Contract, Some("contractNotice")),
        N::Uk8 => (Section::Implementation, None),
        N::Uk9 => (Section::Implementation, Some("implementationNotice")),
        N::Uk11 => (Section::Contract, Some("contractTerminationNotice")),
        N::Uk12 => (Section::Tender, Some("tenderCancellationNotice")),
        // Notices about dynamic markets and payments are not of one process.
        N::Uk13 | N::Uk14 | N::Uk15 | N::Uk16 | N::Uk17 | N::Other => (Section::Tender, None),
    }
}

/// The tag of the release that brings a notice, where that says more than the phase.
pub(super) const fn notice_tag(code: NoticeCode) -> Option<&'static str> {
    match code {
        NoticeCode::Uk9 => Some("implementation"),
        NoticeCode::Uk10 | NoticeCode::PsrModification | NoticeCode::PcrModification => Some("contractAmendment"),
        NoticeCode::Uk11 => Some("contractTermination"),
        NoticeCode::Uk12 => Some("tenderCancellation"),
        _ => None,
    }
}

/// How many decimal places a currency's minor unit is (ISO 4217); none for what the standard knows no currency by.
pub fn decimals(currency: &str) -> Option<usize> {
    const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";
    const ALL: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD \
        CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS \
        GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD \
        KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR \
        NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLL SOS SRD SSP STN SVC \
        SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VES VND VUV WST XAF XAG XAU XBA \
        XBB XBC XBD XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL ADP AFA ALK AOK AON AOR ARA ARP ARY ATS \
        AYM AZM BAD BEC BEF BEL BGJ BGK BGL BOP BRB BRC BRE BRN BRR BUK BYB BYR CHC CSD CSJ CSK CYP DDM DEM ECS ECV \
        EEK ESA ESB ESP FIM FRF GEK GHC GHP GNE GNS GQE GRD GWE GWP HRD IEP ILP ILR ISJ ITL LAJ LSM LTL LTT LUC LUF \
        LUL LVL LVR MGF MLF MRO MTL MTP MVQ MXP MZE MZM NIC NLG PEH PEI PES PLZ PTE RHD ROK ROL RUR SDD SDP SIT SKK \
        SRG STD SUR TJR TMM TPE TRL UAK UGS UGW USS UYN UYP VEB VEF VNC XEU XFO XFU XRE YDD YUD YUM YUN ZAL ZMK ZRN \
        ZRZ ZWC ZWD ZWN ZWR";
    let is_one_of = |codes: &str| codes.split(' ').any(|code| code == currency);
    if is_one_of(NONE) {
        Some(0)
    } else if is_one_of(THREE) {
        Some(3)
    } else {
        is_one_of(ALL).then_some(2)
    }
}
