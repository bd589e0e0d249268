//! The tables as diesel sees them: the same on both databases. What only one of them has (row numbers, indexes of words) is
//! in `dialect.rs`. A test selects every column on both.

diesel::table! {
    log_head (id) { id -> BigInt, seq -> BigInt, at -> Nullable<Timestamp>, }
}

diesel::table! {
    document_form (id) { id -> BigInt, form -> BigInt, }
}

diesel::table! {
    entries (seq) {
        seq -> BigInt,
        at -> Timestamp,
        actor -> Text,
        request_id -> Text,
        action -> Text,
        resource_type -> Text,
        resource_id -> Text,
        version -> BigInt,
        after -> Nullable<Text>,
        leaf_hash -> Binary,
        reason -> Nullable<Text>,
        restricted -> Bool,
        nonce -> Nullable<Text>,
    }
}

diesel::table! {
    log_subtrees (level, position) { level -> BigInt, position -> BigInt, hash -> Binary, }
}

diesel::table! {
    personal_values (commitment) {
        commitment -> Text,
        resource_type -> Text,
        resource_id -> Text,
        member -> Text,
        salt -> Binary,
        value -> Text,
    }
}

diesel::table! {
    tombstones (id) {
        id -> Text,
        resource_type -> Text,
        slug -> Nullable<Text>,
        deleted_at -> Timestamp,
        restricted -> Bool,
        department_id -> Nullable<Text>,
        scrutineer_key_id -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> Text,
        fingerprint -> Nullable<Text>,
        status -> BigInt,
        resource_id -> Text,
        etag -> Nullable<Text>,
        last_modified -> Nullable<Text>,
        body -> Text,
        created_at -> Timestamp,
    }
}

diesel::table! {
    departments (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        slug -> Text,
        name -> Text,
        name_folded -> Text,
        kind -> Text,
        identifiers -> Text,
        policy_areas -> Text,
        website -> Nullable<Text>,
        opened_on -> Nullable<Text>,
        closed_on -> Nullable<Text>,
        successor_id -> Nullable<Text>,
        sources -> Text,
        document -> Text,
    }
}

diesel::table! {
    department_policy_areas (department_id, sector) { sector -> Text, department_id -> Text, }
}

diesel::table! {
    mutuals (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        slug -> Text,
        name -> Text,
        name_folded -> Text,
        identifiers -> Text,
        legal_form -> Nullable<Text>,
        sectors -> Text,
        region -> Nullable<Text>,
        website -> Nullable<Text>,
        description -> Nullable<Text>,
        department_id -> Nullable<Text>,
        other_department_ids -> Text,
        origin_route -> Nullable<Text>,
        stage -> Text,
        stage_since -> Nullable<Text>,
        launched_on -> Nullable<Text>,
        ended_on -> Nullable<Text>,
        successor_id -> Nullable<Text>,
        staff_count -> Nullable<BigInt>,
        staff_counted_on -> Nullable<Text>,
        tests -> Text,
        sources -> Text,
        document -> Text,
    }
}

diesel::table! {
    mutual_sectors (mutual_id, sector) { sector -> Text, mutual_id -> Text, }
}

diesel::table! {
    mutual_other_departments (department_id, mutual_id) { department_id -> Text, mutual_id -> Text, }
}

diesel::table! {
    identifiers (identifier) { identifier -> Text, department_id -> Nullable<Text>, mutual_id -> Nullable<Text>, }
}

diesel::table! {
    staff_ballots (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mutual_id -> Text,
        kind -> Text,
        organiser -> Nullable<Text>,
        question -> Nullable<Text>,
        method -> Nullable<Text>,
        mode -> Text,
        state -> Text,
        options -> Text,
        roll_size -> Nullable<BigInt>,
        papers_issued -> Nullable<BigInt>,
        returned -> Nullable<BigInt>,
        spoiled -> Nullable<BigInt>,
        counts -> Text,
        counts_complete -> Bool,
        later_rounds -> Text,
        opened_on -> Nullable<Text>,
        closed_on -> Nullable<Text>,
        declared_on -> Nullable<Text>,
        thresholds -> Text,
        scrutineer -> Nullable<Text>,
        published_figures -> Text,
        void_reason -> Nullable<Text>,
        superseded_by_id -> Nullable<Text>,
        sources -> Text,
        document -> Text,
        scrutineer_key_id -> Nullable<Text>,
        public_document -> Nullable<Text>,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        hash -> Binary,
        label -> Text,
        role -> Text,
        department_ids -> Nullable<Text>,
        created_at -> Timestamp,
        created_by -> Text,
        expires_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
        revoked_by -> Nullable<Text>,
    }
}

diesel::table! {
    contracts (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mutual_id -> Text,
        department_id -> Text,
        title -> Text,
        description -> Nullable<Text>,
        reference -> Nullable<Text>,
        ocid -> Nullable<Text>,
        cpv_codes -> Text,
        health_services -> Nullable<Bool>,
        procedure -> Text,
        procurement_started_on -> Nullable<Date>,
        awarded_on -> Nullable<Date>,
        award_notice_on -> Nullable<Date>,
        entered_on -> Nullable<Date>,
        starts_on -> Nullable<Date>,
        ends_on -> Nullable<Date>,
        latest_ends_on -> Nullable<Date>,
        value_amount_minor -> Nullable<BigInt>,
        value_currency -> Nullable<Text>,
        protection_kind -> Nullable<Text>,
        protection_until -> Nullable<Date>,
        status -> Text,
        is_first -> Bool,
        sources -> Text,
        document -> Text,
    }
}

diesel::table! {
    contract_cpv_codes (contract_id, cpv_code) { cpv_code -> Text, contract_id -> Text, }
}

diesel::allow_tables_to_appear_in_same_query!(
    departments,
    department_policy_areas,
    mutuals,
    mutual_sectors,
    mutual_other_departments,
    identifiers,
    staff_ballots,
    contracts,
    contract_cpv_codes,
);
