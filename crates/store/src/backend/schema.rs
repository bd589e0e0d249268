//! The tables and columns that statements in diesel's language name, the same on both databases. Lists, records and what only one database
//! has (row numbers, indexes of words) are read by SQL of our own.

diesel::table! {
    log_head (id) {
        id -> BigInt,
        seq -> BigInt,
        at -> Nullable<Timestamp>,
        epoch -> Text,
        epoch_at -> Nullable<Timestamp>,
        clock_settled -> BigInt,
    }
}

diesel::table! {
    document_versions (kind) {
        kind -> Text,
        version -> BigInt,
        upgraded_through -> Nullable<Text>,
    }
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
    cosignatures (epoch, witness) {
        witness -> Text,
        tree_size -> BigInt,
        signed_at -> BigInt,
        signature -> Binary,
        epoch -> Text,
    }
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
        entry_seq -> Nullable<BigInt>,
    }
}

diesel::table! {
    departments (id) { id -> Text, kind -> Text, nation -> Nullable<Text>, }
}

diesel::allow_tables_to_appear_in_same_query!(contracts, departments);

diesel::table! {
    department_policy_areas (department_id, sector) { sector -> Text, department_id -> Text, }
}

diesel::table! {
    mutuals (id) {
        id -> Text,
        created_at -> Timestamp,
        legal_form -> Nullable<Text>,
        sectors -> Text,
        region -> Nullable<Text>,
        department_id -> Nullable<Text>,
        origin_route -> Nullable<Text>,
        stage -> Text,
        stage_since -> Nullable<Text>,
        launched_on -> Nullable<Text>,
        ended_on -> Nullable<Text>,
        staff_count -> Nullable<BigInt>,
        staff_counted_on -> Nullable<Text>,
    }
}

diesel::table! {
    stage_transitions (id) { id -> Text, mutual_id -> Text, }
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
        state -> Text,
        roll_size -> Nullable<BigInt>,
        returned -> Nullable<BigInt>,
        declared_on -> Nullable<Text>,
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
        mutual_id -> Text,
        department_id -> Text,
        health_services -> Nullable<Bool>,
        procedure -> Text,
        procurement_started_on -> Nullable<Date>,
        awarded_on -> Nullable<Text>,
        entered_on -> Nullable<Text>,
        starts_on -> Nullable<Text>,
        ends_on -> Nullable<Text>,
        latest_ends_on -> Nullable<Date>,
        value_amount_minor -> Nullable<BigInt>,
        value_currency -> Nullable<Text>,
        status -> Text,
        is_first -> Bool,
        document -> Text,
    }
}

diesel::table! {
    contract_cpv_codes (contract_id, cpv_code) { cpv_code -> Text, contract_id -> Text, }
}

diesel::table! {
    imports (id) {
        id -> Text,
        created_at -> Timestamp,
        finished_at -> Nullable<Timestamp>,
        actor -> Text,
        role -> Text,
        department_ids -> Nullable<Text>,
        key_id -> Nullable<Text>,
        request_id -> Text,
        resource_type -> Text,
        mode -> Text,
        update_mode -> Text,
        validate_only -> Bool,
        state -> Text,
        pass -> BigInt,
        is_last_pass -> Bool,
        settled_in_pass -> BigInt,
        row_count -> BigInt,
        created_count -> BigInt,
        updated_count -> BigInt,
        unchanged_count -> BigInt,
        failed_count -> BigInt,
        removing_count -> BigInt,
        worker -> Nullable<Text>,
        worker_until -> Nullable<Timestamp>,
    }
}

diesel::table! {
    import_chunks (import_id, pass, line) { import_id -> Text, pass -> BigInt, line -> BigInt, lines -> Text, }
}

diesel::table! {
    import_records (import_id, resource_id) { import_id -> Text, resource_id -> Text, }
}

diesel::table! {
    import_problems (import_id, line) { import_id -> Text, line -> BigInt, problem -> Text, }
}

diesel::table! {
    import_removals (import_id, line) { import_id -> Text, line -> BigInt, removal -> Text, }
}
