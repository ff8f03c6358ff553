//! Tokens are counted for every API, streamed and plain, as the bytes pass.

use std::net::Ipv4Addr;

use lia_gateway::ProviderKind;
use lia_protocol::event::Usage;
use tokio::io::AsyncWriteExt as _;

use crate::{
    net::{Server, inside, ok},
    rig::{Rig, answer, policy, with_provider},
};

#[test]
fn streamed_and_plain() {
    inside(async {
        let event = "text/event-stream";
        let json = "application/json; charset=utf-8";
        let anthropic = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":\
            {\"input_tokens\":25,\"cache_creation_input_tokens\":7,\"cache_read_input_tokens\":9,\"output_tokens\":1}}}\n\n\
            event: content_block_delta\ndata: {\"delta\":{\"text\":\"usage\"}}\n\n\
            event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"output_tokens\":15}}\n\n";
        let anthropic_plain = "{\"model\":\"m\",\"content\":[{\"usage\":{\"input_tokens\":1}}],\
            \"usage\":{\"input_tokens\":25,\"output_tokens\":15,\"cache_read_input_tokens\":9,\"cache_creation_input_tokens\":7}}";
        let chat = "data: {\"model\":\"m\",\"choices\":[{}],\"usage\":null}\n\ndata: {\"model\":\"m\",\"choices\":[],\"usage\":\
            {\"prompt_tokens\":25,\"completion_tokens\":15,\"prompt_tokens_details\":{\"cached_tokens\":9}}}\n\ndata: [DONE]\n\n";
        let chat_plain = "{\"model\":\"m\",\"usage\":{\"prompt_tokens\":25,\"completion_tokens\":15,\
            \"prompt_tokens_details\":{\"cached_tokens\":9}}}";
        let responses = "event: response.created\ndata: {\"response\":{\"model\":\"m\",\"usage\":null}}\n\n\
            event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\",\"usage\":\
            {\"input_tokens\":25,\"input_tokens_details\":{\"cached_tokens\":9},\"output_tokens\":15}}}\n\n";
        let responses_plain = "{\"model\":\"m\",\"usage\":{\"input_tokens\":25,\
            \"input_tokens_details\":{\"cached_tokens\":9},\"output_tokens\":15}}";
        let gemini = "data: {\"modelVersion\":\"m\",\"usageMetadata\":{\"promptTokenCount\":25}}\r\n\r\n\
            data: {\"modelVersion\":\"m\",\"usageMetadata\":{\"promptTokenCount\":25,\"candidatesTokenCount\":10,\
            \"thoughtsTokenCount\":5,\"cachedContentTokenCount\":9}}\r\n\r\n";
        let gemini_plain = "{\"modelVersion\":\"m\",\"usageMetadata\":{\"promptTokenCount\":25,\"candidatesTokenCount\":15,\
            \"cachedContentTokenCount\":9}}";
        for (kind, name, content, body) in [
            (ProviderKind::Anthropic, "anthropic", event, anthropic),
            (ProviderKind::Anthropic, "anthropic", json, anthropic_plain),
            (ProviderKind::OpenAi, "openai", event, chat),
            (ProviderKind::OpenAi, "openai", json, chat_plain),
            (ProviderKind::OpenAi, "openai", event, responses),
            (ProviderKind::OpenAi, "openai", json, responses_plain),
            (ProviderKind::Gemini, "gemini", event, gemini),
            (ProviderKind::Gemini, "gemini", json, gemini_plain),
        ] {
            let (server, requests) = Server::http(Ipv4Addr::LOCALHOST, 0, &ok(content, body)).await;
            let options = with_provider(name, kind, &format!("http://127.0.0.1:{}", server.port), "key");
            let mut rig = Rig::new(options, policy(&[], &[name]));
            let mut stream = rig.broker().await;
            let asked = "{\"stream\":true}";
            let request = format!(
                "POST /{name}/x HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{asked}",
                asked.len()
            );
            stream.write_all(request.as_bytes()).await.unwrap();
            assert_eq!(answer(&mut stream).await.1, body, "the answer is as it was");
            assert_eq!(requests.0.lock().unwrap()[0].1, asked.as_bytes(), "and so is the request");
            let expect = Usage {
                provider: name.into(),
                model: "m".into(),
                input_tokens: 25,
                output_tokens: 15,
                cache_read_tokens: 9,
                cache_write_tokens: if name == "anthropic" { 7 } else { 0 },
                status: 200,
            };
            assert_eq!(rig.usage().await, expect, "{content} {body}");
            assert_eq!(rig.end().await, [], "one usage for one request");
        }
    });
}
