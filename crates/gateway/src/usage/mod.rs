//! Tokens of one answer, counted as it streams by. Nothing is buffered and nothing asked for: what the provider says of
//! its own accord is read, in JSON bodies and in server-sent events alike.

mod scan;

use http::{
    HeaderMap,
    header::{CONTENT_ENCODING, CONTENT_TYPE},
};
use lia_protocol::{event::Usage, limits::SAFE_INTEGER};

use self::scan::Scanner;
use crate::{ProviderKind, events::printable};

/// Counts one answer.
pub(crate) struct Meter {
    form: Form,
    scanner: Scanner,
    count: Count,
}

enum Form {
    /// Neither JSON nor events, or compressed.
    Other,
    Json,
    /// Server-sent events; how far the line is read.
    Events(Line),
}

#[derive(Clone, Copy)]
enum Line {
    /// This many bytes of `data:` have been seen.
    Field(usize),
    Data,
    Other,
}

const DATA: &[u8] = b"data:";

struct Count {
    kind: ProviderKind,
    usage: Usage,
    /// Gemini's parts of `output_tokens` and `input_tokens`.
    thoughts: u64,
    tool_prompt: u64,
}

impl Meter {
    /// For an answer with these headers; `usage` is filled further.
    pub(crate) fn new(kind: ProviderKind, headers: &HeaderMap, usage: Usage) -> Self {
        let content =
            headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        let form = if headers.get(CONTENT_ENCODING).is_some_and(|v| v != "identity") {
            Form::Other
        } else if content.starts_with("text/event-stream") {
            Form::Events(Line::Field(0))
        } else if content.starts_with("application/json") {
            Form::Json
        } else {
            Form::Other
        };
        Self { form, scanner: Scanner::default(), count: Count { kind, usage, thoughts: 0, tool_prompt: 0 } }
    }

    /// The next bytes of the body.
    pub(crate) fn feed(&mut self, data: &[u8]) {
        let Self { form, scanner, count } = self;
        let mut found = |path: &str, value: &str| count.note(path, value);
        match form {
            Form::Other => {}
            Form::Json => data.iter().for_each(|b| scanner.feed(*b, &mut found)),
            Form::Events(line) => {
                for byte in data {
                    *line = match (*line, *byte) {
                        // A blank line ends an event.
                        (Line::Field(0), b'\n') => {
                            *scanner = Scanner::default();
                            Line::Field(0)
                        }
                        (_, b'\n') => Line::Field(0),
                        (line, b'\r') => line,
                        (Line::Field(n), byte) if DATA[n] == byte => {
                            if n + 1 == DATA.len() {
                                Line::Data
                            } else {
                                Line::Field(n + 1)
                            }
                        }
                        (Line::Data, byte) => {
                            scanner.feed(byte, &mut found);
                            Line::Data
                        }
                        (Line::Field(_) | Line::Other, _) => Line::Other,
                    };
                }
            }
        }
    }

    /// The totals.
    pub(crate) fn finish(self) -> Usage {
        let Count { kind: _, mut usage, thoughts, tool_prompt } = self.count;
        usage.output_tokens = usage.output_tokens.saturating_add(thoughts).min(SAFE_INTEGER);
        usage.input_tokens = usage.input_tokens.saturating_add(tool_prompt).min(SAFE_INTEGER);
        usage
    }
}

impl Count {
    /// Takes one scalar of the answer. Providers send totals again as they grow: the last one stands.
    fn note(&mut self, path: &str, value: &str) {
        let path = path.strip_prefix("[].").unwrap_or(path);
        let path = match self.kind {
            ProviderKind::Anthropic => path.strip_prefix("message."),
            ProviderKind::OpenAi | ProviderKind::Gemini => path.strip_prefix("response."),
        }
        .unwrap_or(path);
        let usage = &mut self.usage;
        let slot = match (self.kind, path) {
            (ProviderKind::Anthropic | ProviderKind::OpenAi, "model")
            | (ProviderKind::Gemini, "modelVersion") => {
                usage.model = printable(value);
                return;
            }
            (ProviderKind::Anthropic, "usage.input_tokens") => &mut usage.input_tokens,
            (ProviderKind::Anthropic, "usage.output_tokens") => &mut usage.output_tokens,
            (ProviderKind::Anthropic, "usage.cache_read_input_tokens") => &mut usage.cache_read_tokens,
            (ProviderKind::Anthropic, "usage.cache_creation_input_tokens") => &mut usage.cache_write_tokens,
            (ProviderKind::OpenAi, "usage.prompt_tokens" | "usage.input_tokens") => &mut usage.input_tokens,
            (ProviderKind::OpenAi, "usage.completion_tokens" | "usage.output_tokens") => {
                &mut usage.output_tokens
            }
            (
                ProviderKind::OpenAi,
                "usage.prompt_tokens_details.cached_tokens" | "usage.input_tokens_details.cached_tokens",
            ) => &mut usage.cache_read_tokens,
            (ProviderKind::Gemini, "usageMetadata.promptTokenCount") => &mut usage.input_tokens,
            (ProviderKind::Gemini, "usageMetadata.candidatesTokenCount") => &mut usage.output_tokens,
            (ProviderKind::Gemini, "usageMetadata.cachedContentTokenCount") => &mut usage.cache_read_tokens,
            (ProviderKind::Gemini, "usageMetadata.thoughtsTokenCount") => &mut self.thoughts,
            (ProviderKind::Gemini, "usageMetadata.toolUsePromptTokenCount") => &mut self.tool_prompt,
            _ => return,
        };
        if let Ok(tokens) = value.parse::<u64>() {
            // More than this has no place in the log.
            *slot = tokens.min(SAFE_INTEGER);
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    fn count(kind: ProviderKind, content: &'static str, body: &str, size: usize) -> (String, [u64; 4]) {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content))]);
        let mut meter = Meter::new(kind, &headers, Usage::default());
        body.as_bytes().chunks(size).for_each(|c| meter.feed(c));
        let u = meter.finish();
        (u.model, [u.input_tokens, u.output_tokens, u.cache_read_tokens, u.cache_write_tokens])
    }

    const ANTHROPIC: &str = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":{\"input_tokens\":25,",
        "\"cache_creation_input_tokens\":7,\"cache_read_input_tokens\":9,\"cache_creation\":{\"input_tokens\":99},",
        "\"output_tokens\":1}}}\n\nevent: content_block_delta\ndata: {\"delta\":{\"text\":\"\\\"usage\\\":{\\\"input_tokens\\\":1}\"}}\n\n",
        ": comment\n\nevent: message_delta\r\ndata: {\"usage\":{\"output_tokens\":15,\"input_tokens\":null}}\r\n\r\n"
    );

    proptest! {
        #[test]
        fn every_api_is_counted_at_any_cut(size in 1_usize..200) {
            let m = |n| ("m".to_owned(), n);
            prop_assert_eq!(count(ProviderKind::Anthropic, "text/event-stream; charset=utf-8", ANTHROPIC, size), m([25, 15, 9, 7]));
            let chat = "data: {\"model\":\"m\",\"choices\":[{\"usage\":{\"prompt_tokens\":1}}],\"usage\":null}\n\ndata: \
                {\"model\":\"m\",\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5,\
                \"prompt_tokens_details\":{\"cached_tokens\":4}}}\n\ndata: [DONE]\n\n";
            prop_assert_eq!(count(ProviderKind::OpenAi, "text/event-stream", chat, size), m([11, 5, 4, 0]));
            let responses = "event: response.completed\ndata: {\"type\":\"response.completed\",\"response\":{\"model\":\"m\",\
                \"output\":[{\"a\":[[{\"usage\":1}]]}],\"usage\":{\"input_tokens\":8,\"input_tokens_details\":{\"cached_tokens\":2},\
                \"output_tokens\":3}}}\n\n";
            prop_assert_eq!(count(ProviderKind::OpenAi, "text/event-stream", responses, size), m([8, 3, 2, 0]));
            let gemini = "[{\"usageMetadata\":{\"promptTokenCount\":6}},\n{\"modelVersion\":\"m\",\"usageMetadata\":\
                {\"promptTokenCount\":6,\"candidatesTokenCount\":4,\"thoughtsTokenCount\":10,\"cachedContentTokenCount\":1}}]";
            prop_assert_eq!(count(ProviderKind::Gemini, "application/json", gemini, size), m([6, 14, 1, 0]));
            let body = "{\"model\" : \"m\", \"usage\" : {\"input_tokens\": 3 , \"output_tokens\":2}}";
            prop_assert_eq!(count(ProviderKind::Anthropic, "application/json", body, size), m([3, 2, 0, 0]));
        }

        #[test]
        fn anything_is_borne(body in "(?s)[\\[\\]{}\":,\\\\a-z0-9 \\n]{0,200}|(?s).{0,100}") {
            count(ProviderKind::OpenAi, "application/json", &body, 7);
            count(ProviderKind::Gemini, "text/event-stream", &body, 7);
        }
    }

    #[test]
    fn a_deep_or_endless_body_takes_no_memory() {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        let mut meter = Meter::new(ProviderKind::OpenAi, &headers, Usage::default());
        for _ in 0..10_000 {
            meter.feed(br#"{"a":[{"long":"#);
            meter.feed(&[b'"'; 1]);
            meter.feed(&[b'x'; 100]);
            meter.feed(b"\",\"b\":");
        }
        assert!(meter.scanner.size() < 4096, "{}", meter.scanner.size());
    }
}
