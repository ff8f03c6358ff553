//! Computer use: actions and content blocks that are written and read again, the converters, the guards and the tools.

use lia_protocol::computer::guards::{
    ACTIONS, BLOCKS, Guard, TOOL_USES, is_message_content_block, message_content_block_type,
};
use lia_protocol::{
    computer::*,
    wire::{self, optional::Nullable},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{arbitrary::Gen, judge};

/// What an action is after its way through a tool use: a delay or a mark of secrecy that was `null` is gone.
fn settled(mut action: ComputerAction) -> ComputerAction {
    fn set<T>(field: &mut Option<Nullable<T>>) {
        if field.as_ref().is_some_and(|n| n.0.is_none()) {
            *field = None;
        }
    }
    match &mut action {
        ComputerAction::TypeKeys(a) => set(&mut a.delay),
        ComputerAction::TypeText(a) => {
            set(&mut a.delay);
            set(&mut a.sensitive);
        }
        ComputerAction::PasteText(a) => set(&mut a.sensitive),
        ComputerAction::MoveMouse(_)
        | ComputerAction::TraceMouse(_)
        | ComputerAction::ClickMouse(_)
        | ComputerAction::PressMouse(_)
        | ComputerAction::DragMouse(_)
        | ComputerAction::Scroll(_)
        | ComputerAction::PressKeys(_)
        | ComputerAction::Wait(_)
        | ComputerAction::Screenshot(_)
        | ComputerAction::CursorPosition(_)
        | ComputerAction::Application(_)
        | ComputerAction::WriteFile(_)
        | ComputerAction::ReadFile(_) => {}
    }
    action
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_action_is_read_as_it_was_written(seed in any::<u64>()) {
        let action = Gen(seed).action();
        let text = serde_json::to_vec(&action).expect("JSON");
        prop_assert_eq!(&wire::parse::<ComputerAction>(&text).expect("accepted"), &action);
        let value: Value = serde_json::from_slice(&text).expect("JSON");
        prop_assert_eq!(judge::refusals("ComputerAction", &value), Vec::<String>::new());
        prop_assert_eq!(ACTIONS.iter().filter(|g| g.holds(&value)).count(), 1);
        let seeds = wire::parse::<SeedComputerAction>(&text);
        prop_assert_eq!(seeds.is_ok(), SeedComputerAction::TAGS.contains(&action.tag()));
        if let Ok(seeds) = seeds {
            prop_assert_eq!(ComputerAction::from(seeds), action);
        }
    }

    #[test]
    fn a_block_is_read_as_it_was_written(seed in any::<u64>()) {
        let block = Gen(seed).block(3);
        let text = serde_json::to_vec(&block).expect("JSON");
        let read: MessageContentBlock = wire::parse(&text).expect("accepted");
        prop_assert_eq!(&read, &block);
        prop_assert_eq!(serde_json::to_vec(&read).expect("JSON"), text.clone());
        let value: Value = serde_json::from_slice(&text).expect("JSON");
        prop_assert_eq!(judge::refusals("MessageContentBlock", &value), Vec::<String>::new());
        prop_assert!(is_message_content_block(&value));
    }

    #[test]
    fn an_action_comes_back_from_its_tool_use(seed in any::<u64>()) {
        let action = Gen(seed).action();
        let block = action.clone().tool_use("toolu_01");
        prop_assert_eq!(block.tag(), format!("computer_{}", action.tag()));
        let back = ComputerAction::try_from(block.clone()).expect("an application that is known");
        prop_assert_eq!(&back, &settled(action));
        prop_assert_eq!(back.tool_use("toolu_01"), block.clone());
        let any = ToolUseContentBlock::from(block.clone());
        prop_assert_eq!(any.tag(), block.tag());
        prop_assert_eq!(any.computer().expect("one of the desktop's"), block);
    }
}

#[test]
fn the_converters_write_their_keys_in_order() {
    for (action, input) in [
        (r#"{"action":"move_mouse","coordinates":{"x":1,"y":2}}"#, r#"{"coordinates":{"x":1,"y":2}}"#),
        (
            r#"{"action":"trace_mouse","path":[{"x":1,"y":2}],"holdKeys":[]}"#,
            r#"{"path":[{"x":1,"y":2}],"holdKeys":[]}"#,
        ),
        (
            r#"{"action":"click_mouse","coordinates":{"x":1,"y":2},"button":"left","holdKeys":["ctrl"],"clickCount":2}"#,
            r#"{"button":"left","clickCount":2,"coordinates":{"x":1,"y":2},"holdKeys":["ctrl"]}"#,
        ),
        (r#"{"action":"click_mouse","button":"left","clickCount":1}"#, r#"{"button":"left","clickCount":1}"#),
        (
            r#"{"action":"click_mouse","coordinates":null,"button":"left","holdKeys":null,"clickCount":1}"#,
            r#"{"button":"left","clickCount":1,"coordinates":null,"holdKeys":null}"#,
        ),
        (
            r#"{"action":"press_mouse","coordinates":{"x":1,"y":2},"button":"left","press":"up"}"#,
            r#"{"button":"left","press":"up","coordinates":{"x":1,"y":2}}"#,
        ),
        (
            r#"{"action":"drag_mouse","path":[{"x":1,"y":2}],"button":"left"}"#,
            r#"{"path":[{"x":1,"y":2}],"button":"left"}"#,
        ),
        (
            r#"{"action":"scroll","coordinates":{"x":1,"y":2},"direction":"up","scrollCount":1,"holdKeys":[]}"#,
            r#"{"direction":"up","scrollCount":1,"coordinates":{"x":1,"y":2},"holdKeys":[]}"#,
        ),
        (r#"{"action":"type_keys","keys":["a"],"delay":0}"#, r#"{"keys":["a"],"delay":0}"#),
        (r#"{"action":"type_keys","keys":["a"],"delay":null}"#, r#"{"keys":["a"]}"#),
        (r#"{"action":"press_keys","keys":["a"],"press":"down"}"#, r#"{"keys":["a"],"press":"down"}"#),
        (
            r#"{"action":"type_text","text":"x","delay":0,"sensitive":false}"#,
            r#"{"text":"x","delay":0,"isSensitive":false}"#,
        ),
        (r#"{"action":"type_text","text":"x","delay":null,"sensitive":null}"#, r#"{"text":"x"}"#),
        (r#"{"action":"paste_text","text":"x"}"#, r#"{"text":"x"}"#),
        (r#"{"action":"paste_text","text":"x","sensitive":true}"#, r#"{"text":"x","isSensitive":true}"#),
        (r#"{"action":"wait","duration":0}"#, r#"{"duration":0}"#),
        (r#"{"action":"screenshot"}"#, "{}"),
        (r#"{"action":"cursor_position"}"#, "{}"),
        (r#"{"action":"application","application":"1password"}"#, r#"{"application":"1password"}"#),
        (r#"{"action":"write_file","path":"a","data":"b"}"#, r#"{"path":"a","data":"b"}"#),
        (r#"{"action":"read_file","path":"a"}"#, r#"{"path":"a"}"#),
    ] {
        let read: ComputerAction = wire::parse(action.as_bytes()).expect(action);
        let tag = read.tag().to_owned();
        let block = serde_json::to_string(&read.tool_use("toolu_01")).expect("JSON");
        assert_eq!(
            block,
            format!(r#"{{"type":"tool_use","id":"toolu_01","name":"computer_{tag}","input":{input}}}"#)
        );
    }
}

#[test]
fn an_application_that_is_unknown_is_no_action() {
    let block =
        br#"{"type":"tool_use","id":"a","name":"computer_application","input":{"application":"chrome"}}"#;
    let block: ComputerToolUseContentBlock = wire::parse(block).expect("a plain string");
    let error = ComputerAction::try_from(block).expect_err("unknown");
    assert_eq!(error.0, "chrome");
}

#[test]
fn the_unions_have_the_seeds_variants() {
    assert_eq!(
        SeedComputerAction::TAGS,
        [
            "move_mouse",
            "trace_mouse",
            "click_mouse",
            "press_mouse",
            "drag_mouse",
            "scroll",
            "type_keys",
            "press_keys",
            "type_text",
            "wait",
            "screenshot",
            "cursor_position",
        ]
    );
    assert_eq!(ComputerAction::TAGS.len(), 16);
    assert!(SeedComputerAction::TAGS.iter().all(|t| ComputerAction::TAGS.contains(t)));
    let tools: Vec<String> = ComputerAction::TAGS.iter().map(|t| format!("computer_{t}")).collect();
    assert_eq!(ComputerToolUseContentBlock::TAGS, tools);
    assert_eq!(ToolUseContentBlock::TAGS[..16], *ComputerToolUseContentBlock::TAGS);
}

#[test]
fn guards_look_at_what_the_seeds_look_at() {
    assert_eq!(BLOCKS.len() + TOOL_USES.len() + 1, 28);
    assert_eq!(ACTIONS.len(), 16);
    for guard in BLOCKS.iter().chain(TOOL_USES).chain(ACTIONS) {
        assert!(lia_contract::registry::find(guard.of).is_some(), "{}", guard.name);
        for nothing in [json!(null), json!([]), json!("text"), json!(7), json!(true), json!({})] {
            assert!(!guard.holds(&nothing), "{} {nothing}", guard.name);
        }
    }
    let holds = |name: &str, value: Value| Guard::find(name).expect(name).holds(&value);
    assert!(holds("isTextContentBlock", json!({ "type": "text", "text": "" })));
    assert!(!holds("isTextContentBlock", json!({ "type": "text" })));
    assert!(!holds("isThinkingContentBlock", json!({ "type": "thinking", "thinking": "x" })));
    let source = json!({ "type": "url", "media_type": "video/mp4", "data": "" });
    assert!(holds("isImageContentBlock", json!({ "type": "image", "source": source })));
    assert!(!holds("isImageContentBlock", json!({ "type": "image", "source": null })));
    assert!(!holds("isDocumentContentBlock", json!({ "type": "image", "source": source })));
    assert!(holds("isUserActionContentBlock", json!({ "type": "user_action" })));
    for input in [json!({}), json!([]), json!(null)] {
        let block = json!({ "type": "tool_use", "id": "a", "name": "computer_jump", "input": input });
        assert!(holds("isToolUseContentBlock", block.clone()));
        assert!(holds("isComputerToolUseContentBlock", block.clone()));
        assert!(!holds("isWaitToolUseBlock", block));
    }
    assert!(!holds("isToolUseContentBlock", json!({ "type": "tool_use", "id": "a", "name": "x" })));
    assert!(!holds(
        "isToolUseContentBlock",
        json!({ "type": "tool_use", "id": "a", "name": "x", "input": "x" })
    ));
    assert!(holds("isToolResultContentBlock", json!({ "type": "tool_result", "tool_use_id": "a" })));
    assert!(holds("isClickMouseAction", json!({ "action": "click_mouse" })));
    assert!(!holds("isClickMouseAction", json!({ "action": "move_mouse" })));
}

#[test]
fn the_type_of_a_block_in_a_word() {
    let source = json!({ "type": "base64", "media_type": "image/png", "data": "" });
    let tool =
        |name: &str, input: Value| json!({ "type": "tool_use", "id": "a", "name": name, "input": input });
    for (value, word) in [
        (json!({ "type": "text", "text": "" }), Some("TextContentBlock")),
        (json!({ "type": "image", "source": source }), Some("ImageContentBlock")),
        (json!({ "type": "document", "source": source }), Some("DocumentContentBlock")),
        (json!({ "type": "thinking", "thinking": "", "signature": "" }), Some("ThinkingContentBlock")),
        (json!({ "type": "redacted_thinking", "data": "" }), Some("RedactedThinkingContentBlock")),
        (tool("computer_click_mouse", json!({})), Some("ComputerToolUseContentBlock:click_mouse")),
        (tool("computer_computer_x", json!({})), Some("ComputerToolUseContentBlock:computer_x")),
        (tool("computer_wait", json!(null)), Some("ComputerToolUseContentBlock")),
        (tool("set_task_status", json!({})), Some("ToolUseContentBlock")),
        (tool("get_weather", json!(null)), Some("ToolUseContentBlock")),
        (json!({ "type": "tool_result", "tool_use_id": "a" }), Some("ToolResultContentBlock")),
        (json!({ "type": "user_action", "content": [] }), None),
        (json!({ "type": "text" }), None),
        (json!(null), None),
        (json!("text"), None),
    ] {
        assert_eq!(message_content_block_type(&value).as_deref(), word, "{value}");
    }
}

#[test]
fn a_model_is_told_of_seventeen_tools_and_its_calls_are_read() {
    let names: Vec<&str> = tools::TOOLS.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names.len(), 17);
    let missing: Vec<&&str> = ToolUseContentBlock::TAGS.iter().filter(|t| !names.contains(t)).collect();
    assert_eq!(missing, [&"computer_write_file"]);

    let point = json!({ "x": 3, "y": 4 });
    for (name, input) in [
        ("computer_move_mouse", json!({ "coordinates": point })),
        ("computer_trace_mouse", json!({ "path": [point], "holdKeys": null })),
        (
            "computer_click_mouse",
            json!({ "coordinates": null, "button": "left", "holdKeys": null, "clickCount": 1 }),
        ),
        ("computer_press_mouse", json!({ "coordinates": null, "button": "left", "press": "up" })),
        ("computer_drag_mouse", json!({ "path": [point], "button": "left", "holdKeys": ["ctrl"] })),
        (
            "computer_scroll",
            json!({ "coordinates": point, "direction": "up", "scrollCount": 2, "holdKeys": null }),
        ),
        ("computer_type_keys", json!({ "keys": ["a"], "delay": null })),
        ("computer_press_keys", json!({ "keys": ["a"], "press": "down" })),
        ("computer_type_text", json!({ "text": "a", "delay": null, "isSensitive": null })),
        ("computer_paste_text", json!({ "text": "a", "isSensitive": null })),
        ("computer_wait", json!({ "duration": 500 })),
        ("computer_screenshot", json!({})),
        ("computer_cursor_position", json!({})),
        ("computer_application", json!({ "application": "vscode" })),
        ("set_task_status", json!({ "status": "needs_help", "description": "x" })),
        ("create_task", json!({ "description": "x", "type": "IMMEDIATE", "priority": "LOW" })),
        ("computer_read_file", json!({ "path": "x" })),
    ] {
        let tool = tools::TOOLS.iter().find(|t| t.name == name).expect(name);
        let properties = tool.input_schema["properties"].as_object().expect("properties");
        for (field, value) in input.as_object().expect("an object") {
            let property = properties.get(field).unwrap_or_else(|| panic!("{name} has no {field}"));
            assert!(!value.is_null() || property["nullable"] == true, "{name}: {field} is not nullable");
        }
        let required: Vec<&str> = tool
            .input_schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        assert!(required.iter().all(|r| input.get(r).is_some()), "{name}: {required:?}");
        let block = json!({ "type": "tool_use", "id": "a", "name": name, "input": input });
        let read: ToolUseContentBlock = wire::parse(block.to_string().as_bytes()).expect(name);
        assert_eq!(read.tag(), name);
        assert!(!matches!(read, ToolUseContentBlock::Other(_)));
    }
}
