//! The four forms: a tool call for RUNTOOL, a text after its result, usage, errors.

use lia_model_server::{
    ModelServer, Options,
    talk::{INPUT_TOKENS, TOOL_TOKENS},
};
use serde_json::{Value, json};

use crate::http::{Answer, send};

const PROMPT: &str = "RUNTOOL echo 1 > f";
const TEXT: &str = "This answer comes ";

async fn server(key: Option<&str>) -> ModelServer {
    ModelServer::start(Options { key: key.map(Into::into), tokens: 3, ..Options::default() }).await.unwrap()
}

fn post(server: &ModelServer, path: &str, body: &Value) -> Answer {
    let answer = send(&server.url(), "POST", path, "Authorization: Bearer k\r\n", &body.to_string());
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

fn schema() -> Value {
    json!({"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]})
}

fn text_at(events: &[Value], pointer: &str) -> String {
    events.iter().filter_map(|event| event.pointer(pointer)?.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn anthropic() {
    let server = server(None).await;
    let ask = |stream: bool, messages: Value| {
        let tools = json!([{"name": "Bash", "input_schema": schema()}]);
        json!({"model": "m", "stream": stream, "messages": messages, "tools": tools, "max_tokens": 9})
    };
    let first = json!([{"role": "user", "content": [{"type": "text", "text": PROMPT}]}]);
    let events = post(&server, "/v1/messages?beta=true", &ask(true, first.clone())).events();
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let block = ["content_block_start", "ping", "content_block_delta", "content_block_stop"];
    assert_eq!(kinds, [&["message_start"][..], &block, &["message_delta", "message_stop"]].concat());
    assert_eq!(events[0]["message"]["usage"]["input_tokens"], INPUT_TOKENS);
    assert_eq!(events[1]["content_block"]["name"], "Bash");
    assert_eq!(events[3]["delta"]["partial_json"], r#"{"command":"echo 1 > f"}"#);
    assert_eq!(events[5]["delta"]["stop_reason"], "tool_use");
    assert_eq!(events[5]["usage"]["output_tokens"], TOOL_TOKENS);

    let whole = post(&server, "/v1/messages", &ask(false, first)).json();
    assert_eq!(whole["content"][0]["input"]["command"], "echo 1 > f");
    let used = json!([
        {"role": "user", "content": PROMPT}, {"role": "assistant", "content": whole["content"]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": whole["content"][0]["id"], "content": "ok"}]},
    ]);
    let events = post(&server, "/v1/messages", &ask(true, used)).events();
    assert_eq!(text_at(&events, "/delta/text"), TEXT);
    assert_eq!(events[events.len() - 2]["usage"]["output_tokens"], 3);
    assert_eq!(post(&server, "/v1/messages/count_tokens", &json!({})).json()["input_tokens"], INPUT_TOKENS);

    let records = server.records().borrow().clone();
    let called: Vec<_> = records.iter().map(|r| (r.called.as_deref(), r.tool_result, r.stream)).collect();
    assert_eq!(called[..3], [(Some("Bash"), false, true), (Some("Bash"), false, false), (None, true, true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn chat() {
    let server = server(None).await;
    let ask = |stream: bool, messages: Value| {
        let tools = json!([{"type": "function", "function": {"name": "bash", "parameters": schema()}}]);
        json!({
            "model": "m", "stream": stream, "messages": messages, "tools": tools,
            "stream_options": {"include_usage": true},
        })
    };
    let path = "/v1/chat/completions";
    let first = json!([{"role": "system", "content": "s"}, {"role": "user", "content": PROMPT}]);
    let answer = post(&server, path, &ask(true, first.clone()));
    assert!(answer.body.ends_with("data: [DONE]\n\n"));
    let events = answer.events();
    assert_eq!(events[1]["choices"][0]["delta"]["tool_calls"][0]["function"]["name"], "bash");
    assert_eq!(events[2]["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(events[3]["usage"]["total_tokens"], INPUT_TOKENS + TOOL_TOKENS);

    let call = post(&server, path, &ask(false, first)).json()["choices"][0]["message"].clone();
    assert_eq!(call["tool_calls"][0]["function"]["arguments"], r#"{"command":"echo 1 > f"}"#);
    let result = json!({"role": "tool", "tool_call_id": call["tool_calls"][0]["id"], "content": "ok"});
    let used = json!([{"role": "user", "content": PROMPT}, call, result]);
    let events = post(&server, path, &ask(true, used.clone())).events();
    assert_eq!(text_at(&events, "/choices/0/delta/content"), TEXT);
    let whole = post(&server, path, &ask(false, used)).json();
    assert_eq!(whole["choices"][0]["message"]["content"], TEXT);
    assert_eq!(whole["usage"]["completion_tokens"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn responses() {
    let server = server(None).await;
    let tools = json!([{"type": "function", "name": "shell", "parameters": schema()}]);
    let ask =
        |stream: bool, input: Value| json!({"model": "m", "stream": stream, "input": input, "tools": tools});
    let path = "/v1/responses";
    let said =
        json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": PROMPT}]});
    let events = post(&server, path, &ask(true, json!([said]))).events();
    assert!(events.iter().enumerate().all(|(i, event)| event["sequence_number"] == i));
    let last = &events[events.len() - 1];
    assert_eq!(last["type"], "response.completed");
    assert_eq!(last["response"]["usage"]["total_tokens"], INPUT_TOKENS + TOOL_TOKENS);
    let call = last["response"]["output"][0].clone();
    assert_eq!(
        (&call["type"], &call["arguments"]),
        (&"function_call".into(), &r#"{"command":"echo 1 > f"}"#.into())
    );

    let result = json!({"type": "function_call_output", "call_id": call["call_id"], "output": "ok"});
    let events = post(&server, path, &ask(true, json!([said, call, result]))).events();
    let deltas: Vec<_> =
        events.iter().filter(|event| event["type"] == "response.output_text.delta").cloned().collect();
    assert_eq!(text_at(&deltas, "/delta"), TEXT);
    let whole = post(&server, path, &ask(false, json!("hello"))).json();
    assert_eq!(whole["output"][0]["content"][0]["text"], TEXT);

    // Codex's code mode: tools in the input, the shell a function of a script.
    let exec = json!({"type": "custom", "name": "exec", "description": "tools: { exec_command(args) }"});
    let added = json!({"type": "additional_tools", "tools": [{"type": "namespace", "name": "functions", "tools": [exec]}]});
    let body = json!({"model": "m", "stream": false, "input": [added, said]});
    let call = post(&server, path, &body).json()["output"][0].clone();
    assert_eq!(call["type"], "custom_tool_call");
    let script = call["input"].as_str().unwrap();
    assert!(script.contains(r#"tools.exec_command({"cmd":"echo 1 > f""#), "{script}");
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini() {
    let server = server(None).await;
    let declared =
        json!([{"functionDeclarations": [{"name": "run_shell_command", "parametersJsonSchema": schema()}]}]);
    let ask = |contents: Value| json!({"contents": contents, "tools": declared});
    let user = json!({"role": "user", "parts": [{"text": PROMPT}]});
    let stream = "/v1beta/models/m:streamGenerateContent?alt=sse";
    let events = post(&server, stream, &ask(json!([user]))).events();
    let call = events[0].pointer("/candidates/0/content").unwrap().clone();
    assert_eq!(call["parts"][0]["functionCall"]["args"]["command"], "echo 1 > f");
    let name = "run_shell_command";
    let result = json!({"role": "user", "parts": [{"functionResponse": {"name": name, "response": {"output": "ok"}}}]});
    let used = ask(json!([user, call, result]));
    let events = post(&server, stream, &used).events();
    assert_eq!(text_at(&events, "/candidates/0/content/parts/0/text"), TEXT);
    assert_eq!(events[2]["candidates"][0]["finishReason"], "STOP");
    assert_eq!(events[2]["usageMetadata"]["totalTokenCount"], INPUT_TOKENS + 3);
    let whole = post(&server, "/v1beta/models/m:generateContent", &used).json();
    assert_eq!(text_at(&[whole], "/candidates/0/content/parts/0/text"), TEXT);

    let route =
        json!({"type": "object", "required": ["model"], "properties": {"model": {"enum": ["flash", "pro"]}}});
    let mut routed = ask(json!([user]));
    routed["generationConfig"] = json!({"responseMimeType": "application/json", "responseJsonSchema": route});
    let whole = post(&server, "/v1beta/models/m:generateContent", &routed).json();
    assert_eq!(text_at(&[whole], "/candidates/0/content/parts/0/text"), r#"{"model":"flash"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_key() {
    let server = server(Some("right")).await;
    let url = server.url();
    for (path, head, pointer, want) in [
        (
            "/v1/messages",
            "x-api-key: sk-lia-placeholder-not-a-key\r\n",
            "/error/type",
            "authentication_error",
        ),
        ("/v1/messages", "Authorization: Bearer wrong\r\n", "/error/type", "authentication_error"),
        ("/v1/responses", "", "/error/code", "invalid_api_key"),
        ("/v1beta/models/m:generateContent", "x-goog-api-key: wrong\r\n", "/error/status", "UNAUTHENTICATED"),
    ] {
        let answer = send(&url, "POST", path, head, "{}");
        assert_eq!((answer.status, answer.json().pointer(pointer)), (401, Some(&want.into())), "{path}");
    }
    for head in ["x-api-key: right\r\n", "Authorization: Bearer right\r\n", "x-goog-api-key: right\r\n"] {
        assert_eq!(send(&url, "POST", "/v1/messages", head, "{}").status, 200, "{head}");
    }
    assert_eq!(send(&url, "POST", "/v1beta/models/m:countTokens?key=right", "", "{}").status, 200);
    assert_eq!(send(&url, "GET", "/", "", "").status, 200);
    assert_eq!(
        send(&url, "GET", "/v1/models", "x-api-key: right\r\n", "").json()["data"][0]["id"],
        "stand-in"
    );
    assert_eq!(send(&url, "POST", "/v1/else", "x-api-key: right\r\n", "{}").status, 404);
    assert_eq!(send(&url, "POST", "/v1/messages", "x-api-key: right\r\n", "no JSON").status, 400);

    let records = server.records().borrow().clone();
    assert!(records[0].placeholder && !records[0].authorized);
    assert_eq!(records[0].credentials["x-api-key"], "sk-lia-placeholder-not-a-key");
    assert!(!records[1].placeholder && records[4].authorized);
    assert_eq!(records[7].credentials["?key"], "right");
}
