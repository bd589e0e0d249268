//! What the members of packages are, for the contract. Releases are written as trees; nothing here is ever made.
//!
//! A member of a release may be `null`: it takes an earlier value away.

#![expect(dead_code, reason = "describes what is written elsewhere")]

use utoipa::ToSchema;

/// A release package or a record package of the Open Contracting Data Standard 1.1. It has either `releases` or `records`. The members are
/// described in full at <https://standard.open-contracting.org/1.1/en/schema/reference/>.
#[derive(ToSchema)]
#[schema(example = json!({
    "uri": "https://register.example.gov.uk/v1/contracts/0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11/ocds",
    "version": "1.1",
    "publishedDate": "2025-10-01T09:30:00.000250Z",
    "publisher": {"name": "Register of public service mutuals"},
    "extensions": ["https://raw.githubusercontent.com/cabinetoffice/ocds_uk_extension/main/extension.json"],
    "releases": [{
        "ocid": "ocds-213czf-0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11",
        "id": "ocds-213czf-0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11-1",
        "date": "2025-10-01T09:30:00.000250Z",
        "tag": ["planning"],
        "initiationType": "tender",
        "language": "en",
        "parties": [{"id": "GB-LAE-SFK", "name": "Suffolk County Council", "identifier": {"scheme": "GB-LAE", "id": "SFK"}, "roles": ["buyer", "procuringEntity"]}],
        "buyer": {"id": "GB-LAE-SFK", "name": "Suffolk County Council"},
        "tender": {"id": "0190b7a4-3f52-7c31-9e2d-5a1b8c6d7e11-tender", "title": "Library services", "status": "planning"}
    }]
}))]
#[schema(rename_all = "camelCase")]
pub struct OcdsPackage {
    /// Where the package is.
    #[schema(format = "uri", max_length = 8000)]
    uri: String,
    /// The version of the standard.
    #[schema(example = "1.1", max_length = 10)]
    version: String,
    /// The date of the newest release in the package.
    #[schema(format = "date-time", max_length = 40)]
    published_date: String,
    publisher: OcdsPublisher,
    /// A page with the licence for the data. Absent if the operator has not set one.
    #[schema(nullable = false, format = "uri", max_length = 2000)]
    license: Option<String>,
    /// The extensions of the standard that the releases use.
    #[schema(max_items = 10)]
    extensions: Vec<Extension>,
    /// The releases, the oldest first. Absent in a record package.
    #[schema(nullable = false, max_items = 1000)]
    releases: Option<Vec<OcdsRelease>>,
    /// One record: the releases of a contract, and one compiled release with what they say together. Absent in a release package.
    #[schema(nullable = false, max_items = 1)]
    records: Option<Vec<OcdsRecord>>,
}

/// The address of an extension.
#[derive(ToSchema)]
#[schema(as = OcdsExtension, value_type = String, format = "uri", max_length = 300)]
pub struct Extension(String);

/// A code of one of the standard's code lists.
#[derive(ToSchema)]
#[schema(value_type = String, max_length = 60)]
pub struct OcdsCode(String);

/// Who publishes the package.
#[derive(ToSchema)]
#[schema(example = json!({"name": "Register of public service mutuals"}))]
#[schema(rename_all = "camelCase")]
pub struct OcdsPublisher {
    /// The name that the operator has set. Otherwise `Register of public service mutuals`.
    #[schema(max_length = 200)]
    name: String,
    /// The page of the publisher. Absent if the operator has not set one.
    #[schema(nullable = false, format = "uri", max_length = 2000)]
    uri: Option<String>,
}

/// A contract with all that its releases say together.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsRecord {
    /// The open contracting id.
    #[schema(max_length = 100)]
    ocid: String,
    /// The releases, the oldest first.
    #[schema(max_items = 1000)]
    releases: Vec<OcdsRelease>,
    /// What the releases say together, by the merge rules of the standard.
    compiled_release: OcdsRelease,
}

/// What the register said of a contract after a change. A release has everything that was known then. `null` means that
/// the value in the release before is no longer on record. Objects and list elements that are no longer on record have
/// `null` in all their members but `id`. A compiled release has no `null`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsRelease {
    /// The open contracting id: the operator's prefix and the id of the contract.
    #[schema(max_length = 100)]
    ocid: String,
    /// The id of the release. The release does not change, and no other release gets this id, unless the register is
    /// restored from a copy.
    #[schema(max_length = 300)]
    id: String,
    /// When the change was made.
    #[schema(format = "date-time", max_length = 40)]
    date: String,
    /// What has happened.
    #[schema(max_items = 10)]
    tag: Vec<OcdsCode>,
    /// Always `tender`.
    initiation_type: OcdsCode,
    /// Always `en`.
    #[schema(max_length = 10)]
    language: Option<String>,
    /// The buyer, the mutual from the award on or if it bid, and another winner of the competition.
    #[schema(nullable = false, max_items = 10100)]
    parties: Option<Vec<OcdsOrganization>>,
    #[schema(nullable = false)]
    buyer: Option<OcdsOrganizationReference>,
    #[schema(nullable = false)]
    planning: Option<OcdsPlanning>,
    #[schema(nullable = false)]
    tender: Option<OcdsTender>,
    /// The award. If the supplier was corrected, the award to the wrong supplier stays, with the status `cancelled`.
    #[schema(nullable = false, max_items = 1000)]
    awards: Option<Vec<OcdsAward>>,
    /// The contract, from the award on.
    #[schema(nullable = false, max_items = 10)]
    contracts: Option<Vec<OcdsContract>>,
    /// The contract that this one replaces (`prior`), and those that replace it (`replacementProcess`).
    #[schema(nullable = false, max_items = 10000)]
    related_processes: Option<Vec<OcdsRelatedProcess>>,
}

/// An organisation that takes part in the procurement.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsOrganization {
    /// The scheme and the id of its first identifier, such as `GB-COH-09506232`. If it has none, `MUTUALS-` and the id of
    /// its record in the register.
    #[schema(max_length = 200)]
    id: String,
    /// Its name at the time of the release.
    #[schema(max_length = 1000)]
    name: Option<String>,
    #[schema(nullable = false)]
    identifier: Option<OcdsIdentifier>,
    /// Its further identifiers.
    #[schema(nullable = false, max_items = 20)]
    additional_identifiers: Option<Vec<OcdsIdentifier>>,
    /// Its roles, such as `buyer` or `supplier`.
    #[schema(max_items = 10)]
    roles: Option<Vec<OcdsCode>>,
    #[schema(nullable = false)]
    details: Option<OcdsOrganizationDetails>,
}

/// An organisation by the id that it has in `parties`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsOrganizationReference {
    /// Its id in `parties`.
    #[schema(max_length = 200)]
    id: String,
    /// Its name.
    #[schema(max_length = 1000)]
    name: Option<String>,
}

/// Facts about an organisation (UK extension).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsOrganizationDetails {
    /// Whether it meets the three tests of the Procurement Act 2023 s.33(6). Absent if that is not known.
    public_service_mission_organization: Option<bool>,
}

/// An identifier in another register.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsIdentifier {
    /// The register, by its code on org-id.guide.
    #[schema(max_length = 60)]
    scheme: Option<String>,
    /// The identifier.
    #[schema(max_length = 100)]
    id: Option<String>,
}

/// What was published before the procurement.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsPlanning {
    /// The notices.
    #[schema(nullable = false, max_items = 10000)]
    documents: Option<Vec<OcdsDocument>>,
}

/// How the contract was put out to competition.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsTender {
    /// The id of the tender.
    #[schema(max_length = 100)]
    id: String,
    /// The title of the contract.
    #[schema(max_length = 1000)]
    title: Option<String>,
    /// What is bought.
    #[schema(max_length = 10000)]
    description: Option<String>,
    /// How far the procurement has come.
    #[schema(max_length = 60)]
    status: Option<String>,
    #[schema(nullable = false)]
    procuring_entity: Option<OcdsOrganizationReference>,
    #[schema(nullable = false)]
    legal_basis: Option<OcdsClassification>,
    /// The services that are bought.
    #[schema(nullable = false, max_items = 10)]
    items: Option<Vec<OcdsItem>>,
    /// How far the procedure is open to suppliers.
    #[schema(max_length = 60)]
    procurement_method: Option<String>,
    /// The procedure and the law that it is from.
    #[schema(max_length = 1000)]
    procurement_method_details: Option<String>,
    /// Always `services`.
    #[schema(max_length = 60)]
    main_procurement_category: Option<String>,
    #[schema(nullable = false)]
    other_requirements: Option<OcdsOtherRequirements>,
    /// How many suppliers sent a tender.
    #[schema(minimum = 0)]
    number_of_tenderers: Option<i64>,
    /// The suppliers that are known to have sent a tender.
    #[schema(nullable = false, max_items = 10000)]
    tenderers: Option<Vec<OcdsOrganizationReference>>,
    /// The notices. Before the award, also those about the award.
    #[schema(nullable = false, max_items = 10000)]
    documents: Option<Vec<OcdsDocument>>,
}

/// Who may take part (other requirements extension).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsOtherRequirements {
    /// `publicServiceMissionOrganization` if the contract is reserved.
    #[schema(max_items = 10)]
    reserved_participation: Option<Vec<OcdsCode>>,
}

/// The services of a contract.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsItem {
    /// Always `1`.
    #[schema(max_length = 10)]
    id: String,
    #[schema(nullable = false)]
    classification: Option<OcdsClassification>,
    /// The further codes.
    #[schema(nullable = false, max_items = 50)]
    additional_classifications: Option<Vec<OcdsClassification>>,
}

/// A code of a classification.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsClassification {
    /// The classification: `CPV`, or that of a law.
    #[schema(max_length = 60)]
    scheme: Option<String>,
    /// The code. CPV codes have no check digit here.
    #[schema(max_length = 100)]
    id: Option<String>,
}

/// The award to the mutual.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsAward {
    /// The id of the award.
    #[schema(max_length = 300)]
    id: String,
    /// The title of the contract.
    #[schema(max_length = 1000)]
    title: Option<String>,
    /// `pending` until the contract is entered into.
    #[schema(max_length = 60)]
    status: Option<String>,
    /// When the buyer decided. Absent if the day is not known.
    #[schema(format = "date-time", max_length = 40)]
    date: Option<String>,
    #[schema(nullable = false)]
    value: Option<OcdsValue>,
    /// The mutual.
    #[schema(nullable = false, max_items = 1000)]
    suppliers: Option<Vec<OcdsOrganizationReference>>,
    #[schema(nullable = false)]
    contract_period: Option<OcdsPeriod>,
    #[schema(nullable = false)]
    standstill_period: Option<OcdsPeriod>,
    /// The notices.
    #[schema(nullable = false, max_items = 10000)]
    documents: Option<Vec<OcdsDocument>>,
}

/// The contract.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsContract {
    /// The id of the contract in the register.
    #[schema(max_length = 100)]
    id: String,
    /// The id of its award.
    #[schema(rename = "awardID", max_length = 300)]
    award_id: String,
    /// The title of the contract.
    #[schema(max_length = 1000)]
    title: Option<String>,
    /// How far the contract has come.
    #[schema(max_length = 60)]
    status: Option<String>,
    #[schema(nullable = false)]
    period: Option<OcdsPeriod>,
    #[schema(nullable = false)]
    value: Option<OcdsValue>,
    /// When it was entered into. Absent if the day is not known.
    #[schema(format = "date-time", max_length = 40)]
    date_signed: Option<String>,
    /// The notices.
    #[schema(nullable = false, max_items = 10000)]
    documents: Option<Vec<OcdsDocument>>,
    #[schema(nullable = false)]
    implementation: Option<OcdsImplementation>,
}

/// How the contract is carried out.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsImplementation {
    /// The notices about payment and performance.
    #[schema(nullable = false, max_items = 10000)]
    documents: Option<Vec<OcdsDocument>>,
}

/// An amount of money.
#[derive(ToSchema)]
#[schema(example = json!({"amount": 18600000.00, "currency": "GBP"}))]
#[schema(rename_all = "camelCase")]
pub struct OcdsValue {
    /// The amount in the currency's main unit, exact to its decimal places.
    #[schema(minimum = 0)]
    amount: Option<f64>,
    /// The currency (ISO 4217).
    #[schema(max_length = 3)]
    currency: Option<String>,
}

/// A period. Days begin at midnight in the United Kingdom and end at 23:59:59.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsPeriod {
    /// Its first day.
    #[schema(format = "date-time", max_length = 40)]
    start_date: Option<String>,
    /// Its last day.
    #[schema(format = "date-time", max_length = 40)]
    end_date: Option<String>,
    /// Its last day if all extensions are used.
    #[schema(format = "date-time", max_length = 40)]
    max_extent_date: Option<String>,
}

/// A notice.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsDocument {
    /// The id of the notice in the register.
    #[schema(max_length = 100)]
    id: String,
    /// The type, if the standard or its UK extension has one.
    #[schema(max_length = 60)]
    document_type: Option<String>,
    /// The code of a notice of the Procurement Act 2023 (UK extension).
    #[schema(max_length = 10)]
    notice_type: Option<String>,
    /// The kind of notice, in words.
    #[schema(max_length = 1000)]
    title: Option<String>,
    /// A page with the notice.
    #[schema(format = "uri", max_length = 2000)]
    url: Option<String>,
    /// When it was published.
    #[schema(format = "date-time", max_length = 40)]
    date_published: Option<String>,
}

/// Another contract of this register.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub struct OcdsRelatedProcess {
    /// The id of the relationship.
    #[schema(max_length = 100)]
    id: String,
    /// `prior` or `replacementProcess`.
    #[schema(max_items = 5)]
    relationship: Option<Vec<OcdsCode>>,
    /// Always `ocid`.
    #[schema(max_length = 10)]
    scheme: Option<String>,
    /// The open contracting id of the other contract.
    #[schema(max_length = 100)]
    identifier: Option<String>,
}
