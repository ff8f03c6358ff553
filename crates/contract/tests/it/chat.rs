//! Chat: events that are written and read again, what their constructors promise, later events, answers to approvals,
//! and the table of error codes.

use std::collections::BTreeSet;

use lia_protocol::{
    chat::*,
    error::{ApiError, ErrorCode, STATUS_NAMES, status_name},
    wire,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{arbitrary::Gen, judge};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_event_is_read_as_it_was_written(seed in any::<u64>()) {
        let event = Gen(seed).event();
        let text = serde_json::to_vec(&event).expect("JSON");
        let read: AgentEventExt = wire::parse(&text).expect("accepted");
        prop_assert_eq!(&read, &event);
        prop_assert_eq!(serde_json::to_vec(&read).expect("JSON"), text.clone());
        let value: Value = serde_json::from_slice(&text).expect("JSON");
        prop_assert_eq!(judge::refusals("AgentEventExt", &value), Vec::<String>::new());
        // The order of the keys is of no meaning.
        let Value::Object(map) = value else { panic!("an object") };
        let turned: serde_json::Map<String, Value> = map.into_iter().rev().collect();
        let read: AgentEventExt = wire::parse(&serde_json::to_vec(&turned).expect("JSON")).expect("accepted");
        prop_assert_eq!(read, event);
    }

    #[test]
    fn what_a_constructor_makes_keeps_the_rules_of_the_log(seed in any::<u64>()) {
        let event = Gen(seed).event();
        let part = event.event();
        prop_assert_eq!(crate::broken_of(part), Vec::<String>::new());
        match (part.class(), part.persistence_state()) {
            (Class::Transient, state) => {
                prop_assert_eq!(state, PersistenceState::Transient);
                prop_assert_eq!(part.sequence_number(), None);
            }
            (Class::Stored, PersistenceState::Failed) => prop_assert_eq!(part.sequence_number(), None),
            (Class::Stored, _) => prop_assert!(part.sequence_number().is_some()),
        }
    }

    #[test]
    fn the_seeds_events_are_the_supersets_but_for_two(seed in any::<u64>()) {
        let event = Gen(seed).event();
        let text = serde_json::to_vec(&event).expect("JSON");
        match event.clone().seed() {
            Ok(seed) => {
                prop_assert_eq!(serde_json::to_vec(&seed).expect("JSON"), text.clone());
                prop_assert_eq!(wire::parse::<AgentEvent>(&text).expect("accepted"), seed.clone());
                prop_assert_eq!(AgentEventExt::from(seed), event);
            }
            Err(later) => {
                prop_assert!(["thinking_complete", "agent_changed"].contains(&later.tag()));
                let issues = wire::parse::<AgentEvent>(&text).expect_err("not the seed's");
                prop_assert_eq!(&issues[0].path, "type");
            }
        }
    }
}

#[test]
fn an_event_that_breaks_the_rules_of_the_log_is_told_of() {
    let text = |value: Value| serde_json::to_vec(&value).expect("JSON");
    let base = json!({
        "type": "message", "timestamp": "2026-09-21T14:13:20.000Z", "eventId": "e", "persistenceState": "persisted",
        "content": "", "messageId": "m", "role": "user",
    });
    let stored: AgentEvent = wire::parse(&text(base)).expect("accepted: peers may send it");
    assert_eq!(crate::broken_of(stored.event()), ["sequenceNumber"]);
    let base = json!({
        "type": "message_chunk", "timestamp": "2026-09-21T14:13:20.000Z", "eventId": "e", "sequenceNumber": 1,
        "persistenceState": "persisted", "content": "",
    });
    let transient: AgentEvent = wire::parse(&text(base)).expect("accepted: peers may send it");
    assert_eq!(crate::broken_of(transient.event()), ["persistenceState", "sequenceNumber"]);
}

#[test]
fn an_event_of_a_later_type_is_kept_raw() {
    let later = br#"{"type":"message_translated","to":"de","deep":{"a":[1,null]}}"#;
    let ParsedAgentEvent::Raw { kind, raw } = parse_agent_event(later).expect("kept") else {
        panic!("known")
    };
    assert_eq!(kind, "message_translated");
    assert_eq!(serde_json::to_vec(&raw).expect("JSON"), later);

    let known = br#"{"type":"message_partial","timestamp":"2026-09-21T14:13:20.000Z","eventId":"e","persistenceState":"transient","content":"a"}"#;
    assert!(
        matches!(parse_agent_event(known), Ok(ParsedAgentEvent::Known(e)) if e.tag() == "message_partial")
    );

    for (bad, at) in [
        (r#"{"type":"message_partial"}"#, "timestamp"),
        (r#"{"type":7}"#, "type"),
        (r#"{"content":"a"}"#, "type"),
        ("[]", ""),
        ("{", ""),
    ] {
        let issues = parse_agent_event(bad.as_bytes()).expect_err(bad);
        assert_eq!(issues[0].path, at, "{bad}");
    }
}

#[test]
fn the_unions_have_the_seeds_variants() {
    assert_eq!(
        AgentEvent::TAGS,
        [
            "session_start",
            "thinking",
            "thinking_chunk",
            "message_partial",
            "message",
            "message_chunk",
            "tool_use",
            "tool_result",
            "error",
            "session_end",
            "complete",
            "approval_requested",
            "approval_resolved",
            "user_message_confirmed",
            "turn_paused",
            "content_refused",
        ]
    );
    assert_eq!(AgentEventExt::TAGS[..16], *AgentEvent::TAGS);
    assert_eq!(AgentEventExt::TAGS[16..], ["thinking_complete", "agent_changed"]);
}

#[test]
fn args_are_an_object_and_never_a_list() {
    let event = |args: &str| {
        format!(
            r#"{{"type":"tool_use","timestamp":"2026-09-21T14:13:20.000Z","eventId":"e","sequenceNumber":1,"persistenceState":"persisted","toolName":"t","args":{args}}}"#
        )
    };
    assert!(wire::parse::<AgentEvent>(event("{}").as_bytes()).is_ok());
    for args in ["[]", "null", "\"{}\""] {
        let issues = wire::parse::<AgentEvent>(event(args).as_bytes()).expect_err(args);
        assert_eq!(issues[0].path, "args");
    }
}

#[test]
fn an_answer_to_an_approval_is_one_answer() {
    use ApprovalDecision::{Approved, Rejected};
    for (approved, decision, said) in [
        (Some(true), None, Ok(Approved)),
        (Some(false), None, Ok(Rejected)),
        (None, Some(Approved), Ok(Approved)),
        (None, Some(Rejected), Ok(Rejected)),
        (Some(true), Some(Approved), Ok(Approved)),
        (Some(false), Some(Rejected), Ok(Rejected)),
        (Some(true), Some(Rejected), Err(InvalidDecision::Contradiction)),
        (Some(false), Some(Approved), Err(InvalidDecision::Contradiction)),
        (None, None, Err(InvalidDecision::Missing)),
    ] {
        assert_eq!(decide(approved, decision), said, "{approved:?} {decision:?}");
    }
    assert_eq!(InvalidDecision::CODE.status(), 400);
}

#[test]
fn the_sockets_events_name_types_of_the_contract() {
    for event in CLIENT_EVENTS.iter().chain(SERVER_EVENTS) {
        for name in [Some(event.payload), event.ack].into_iter().flatten() {
            assert!(lia_contract::registry::find(name).is_some(), "{}: {name}", event.name);
        }
    }
}

#[test]
fn every_code_has_a_status_a_name_and_a_message() {
    let mut words = BTreeSet::new();
    for code in ErrorCode::ALL {
        let word = code.as_str();
        assert!(words.insert(word), "{word} twice");
        assert_eq!(serde_json::to_value(code).expect("JSON"), json!(word));
        assert_eq!(ErrorCode::find(word), Some(*code));
        assert_ne!(status_name(code.status()), "Unknown Error", "{word}");

        let message = code.default_message();
        assert!(message.chars().next().is_some_and(char::is_uppercase), "{word}: {message}");
        assert!(!message.ends_with('.') && message.trim() == message, "{word}: {message}");
        assert!(!message.contains(|c: char| c.is_ascii_digit() || "{}@_:/".contains(c)), "{word}: {message}");
        let lower = message.to_lowercase();
        assert!(
            ["stack", "exception", "sql", "null", "undefined"].iter().all(|w| !lower.contains(w)),
            "{word}"
        );
    }
    for (status, name) in STATUS_NAMES {
        assert!(ErrorCode::ALL.iter().any(|c| c.status() == *status), "no code has {status} {name}");
    }
    assert_eq!(status_name(418), "Unknown Error");
    assert_eq!(ErrorCode::find("bad_request"), None);
}

#[test]
fn the_seeds_codes_have_their_statuses() {
    let table: &[(u16, &str)] = &[
        (
            400,
            "BAD_REQUEST VALIDATION_ERROR INVALID_PARAMETER MISSING_REQUIRED_FIELD PARAMETER_OUT_OF_RANGE INVALID_DECISION",
        ),
        (401, "UNAUTHORIZED SESSION_EXPIRED INVALID_TOKEN USER_ID_NOT_IN_SESSION CONNECTION_TOKEN_EXPIRED"),
        (
            403,
            "FORBIDDEN ACCESS_DENIED INSUFFICIENT_PERMISSIONS OWN_DATA_ONLY SESSION_ACCESS_DENIED APPROVAL_ACCESS_DENIED",
        ),
        (
            404,
            "NOT_FOUND SESSION_NOT_FOUND USER_NOT_FOUND APPROVAL_NOT_FOUND TOKEN_USAGE_NOT_FOUND TOOL_NOT_FOUND",
        ),
        (409, "CONFLICT ALREADY_EXISTS ALREADY_RESOLVED STATE_CONFLICT PIN_LIMIT_EXCEEDED"),
        (410, "EXPIRED APPROVAL_EXPIRED"),
        (413, "PAYLOAD_TOO_LARGE"),
        (429, "RATE_LIMIT_EXCEEDED SESSION_RATE_LIMIT_EXCEEDED LLM_RATE_LIMITED"),
        (500, "INTERNAL_ERROR DATABASE_ERROR SERVICE_ERROR SESSION_CREATE_ERROR MESSAGE_PROCESSING_ERROR"),
        (500, "LLM_AUTH_ERROR LLM_BAD_REQUEST AGENT_EXECUTION_FAILED"),
        (503, "SERVICE_UNAVAILABLE AGENT_BUSY BC_UNAVAILABLE APPROVAL_NOT_READY MCP_UNAVAILABLE"),
        (503, "LLM_OVERLOADED LLM_SERVER_ERROR LLM_CONNECTION_ERROR"),
        (504, "LLM_TIMEOUT"),
    ];
    for (status, words) in table {
        for word in words.split(' ') {
            assert_eq!(ErrorCode::find(word).map(ErrorCode::status), Some(*status), "{word}");
        }
    }
}

#[test]
fn one_table_makes_both_error_bodies() {
    for code in ErrorCode::ALL {
        let api = ApiError::from(*code);
        let chat = ApiErrorResponse::from(api.clone());
        assert_eq!(api.error, code.default_message());
        assert_eq!((chat.code, chat.message.as_str()), (*code, code.default_message()));
        assert_eq!(chat.error, status_name(code.status()));
        assert_eq!(ErrorResponseWithStatus::from(*code).body, chat);
        assert!(is_api_error_response(&serde_json::to_value(&chat).expect("JSON")));
        assert!(
            !is_api_error_response(&serde_json::to_value(&api).expect("JSON")),
            "a sentence, and no message"
        );
    }
    let api = ApiError::new(ErrorCode::BadRequest, "limit is 500; allowed are 1 to 100")
        .with_details(json!({ "field": "limit", "max": 100, "issues": [{ "path": "limit" }], "none": null }));
    let chat = ApiErrorResponse::from(api);
    assert_eq!(serde_json::to_value(chat.details).expect("JSON"), json!({ "field": "limit", "max": 100 }));
}
