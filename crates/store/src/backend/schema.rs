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
    commitments (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        department_id -> Text,
        kind -> Text,
        title -> Text,
        due_on -> Date,
        published_on -> Nullable<Date>,
        evidence_url -> Nullable<Text>,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
    }
}

diesel::table! {
    pathway_steps (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        department_id -> Text,
        position -> BigInt,
        title -> Text,
        guidance -> Nullable<Text>,
        stage -> Nullable<Text>,
        evidence_required -> Bool,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
    }
}

diesel::table! {
    enablers (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        department_id -> Text,
        name -> Nullable<Text>,
        role -> Text,
        email -> Nullable<Text>,
        sectors -> Text,
        stages -> Text,
        active_from -> Nullable<Date>,
        active_to -> Nullable<Date>,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
    }
}

diesel::table! {
    annual_returns (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mutual_id -> Text,
        period_ends_on -> Date,
        turnover_amount_minor -> Nullable<BigInt>,
        turnover_currency -> Nullable<Text>,
        surplus_amount_minor -> Nullable<BigInt>,
        surplus_currency -> Nullable<Text>,
        headcount -> Nullable<BigInt>,
        fte_hundredths -> Nullable<BigInt>,
        service_users -> Nullable<BigInt>,
        staff_directors -> Nullable<BigInt>,
        board_size -> Nullable<BigInt>,
        staff_shareholding_percent -> Nullable<Text>,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
    }
}

diesel::table! {
    endorsements (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mutual_id -> Text,
        constituency -> Text,
        position -> Nullable<Text>,
        staff_ballot_id -> Nullable<Text>,
        given_on -> Date,
        given_by -> Nullable<Text>,
        evidence_url -> Nullable<Text>,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
    }
}

diesel::table! {
    objections (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mutual_id -> Text,
        raised_by -> Nullable<Text>,
        kind -> Text,
        grounds -> Text,
        raised_on -> Date,
        outcome -> Text,
        decided_on -> Nullable<Date>,
        decision_reasons -> Nullable<Text>,
        decided_by_arbiter -> Bool,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
    }
}

diesel::table! {
    support_requests (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mutual_id -> Text,
        stage -> Text,
        need -> Text,
        requested_on -> Date,
        status -> Text,
        enabler_id -> Nullable<Text>,
        closed_on -> Nullable<Date>,
        decline_reason -> Nullable<Text>,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
    }
}

diesel::table! {
    pathway_progress (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mutual_id -> Text,
        step_id -> Text,
        done_on -> Date,
        evidence_url -> Nullable<Text>,
        note -> Nullable<Text>,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
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
        launch_override_reason -> Nullable<Text>,
        staff_count -> Nullable<BigInt>,
        staff_counted_on -> Nullable<Text>,
        tests -> Text,
        sources -> Text,
        document -> Text,
    }
}

diesel::table! {
    stage_transitions (id) {
        id -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
        mutual_id -> Text,
        position -> BigInt,
        from_stage -> Text,
        to_stage -> Text,
        effective_on -> Nullable<Text>,
        reason -> Nullable<Text>,
        historic -> Bool,
        override_reason -> Nullable<Text>,
        unmet_conditions -> Text,
        sources -> Text,
        document -> Text,
        full_document -> Nullable<Text>,
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
        corrections -> Text,
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

diesel::joinable!(commitments -> departments (department_id));

diesel::allow_tables_to_appear_in_same_query!(
    commitments,
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
