//! Values of the contract's types out of a seed: proptest gives the seed, plain functions make the value.

use lia_protocol::{
    chat::*,
    computer::*,
    limits::SAFE_INTEGER,
    time::Timestamp,
    wire::{WireUuid, optional::Nullable, tag::Tag},
};
use serde_json::{Map, Number, Value};

/// A stream of numbers (SplitMix64).
pub struct Gen(pub u64);

impl Gen {
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.number() % n as u64).expect("small")
    }

    pub fn yes(&mut self) -> bool {
        self.number() & 1 == 1
    }

    pub fn one<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    pub fn opt<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.yes() { Some(make(self)) } else { None }
    }

    pub fn null<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<Nullable<T>> {
        self.opt(|g| Nullable(g.opt(make)))
    }

    pub fn list<T>(&mut self, min: usize, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..min + self.below(4)).map(|_| make(self)).collect()
    }

    pub fn safe(&mut self) -> u64 {
        match self.below(4) {
            0 => 0,
            1 => SAFE_INTEGER,
            2 | 3 => self.number() % (SAFE_INTEGER + 1),
            _ => unreachable!("below 4"),
        }
    }

    pub fn small(&mut self) -> u32 {
        u32::try_from(self.number() >> 32).expect("32 bits")
    }

    pub fn text(&mut self) -> String {
        const PARTS: &[&str] = &[
            "",
            "a",
            "Zürich",
            "\"",
            "\\",
            "\n",
            "\u{0}",
            "\u{1}x\u{1}",
            "😀",
            "\u{2028}",
            "null",
            "{}",
            "漢字",
            " at line 1",
        ];
        (0..self.below(5)).map(|_| self.one(PARTS)).collect()
    }

    pub fn id(&mut self) -> String {
        format!("id{}", self.text())
    }

    pub fn uuid(&mut self) -> WireUuid {
        let hex = format!("{:016x}{:016x}", self.number(), self.number());
        let text = format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]);
        WireUuid::new(if self.yes() { text.to_uppercase() } else { text }).expect("a UUID")
    }

    pub fn time(&mut self) -> Timestamp {
        Timestamp(i64::try_from(self.number() % 4_102_444_800_000).expect("small"))
    }

    pub fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth == 0 { 4 } else { 6 }) {
            0 => Value::Null,
            1 => Value::Bool(self.yes()),
            2 => Value::Number(Number::from(self.safe())),
            3 => Value::String(self.text()),
            4 => Value::Array(self.list(0, |g| g.json(depth - 1))),
            5 => Value::Object(self.object(depth - 1)),
            _ => unreachable!("below 6"),
        }
    }

    pub fn object(&mut self, depth: usize) -> Map<String, Value> {
        (0..self.below(4)).map(|_| (self.text(), self.json(depth))).collect()
    }

    fn head(&mut self) -> Head {
        Head {
            session_id: self.uuid(),
            timestamp: self.time(),
            event_id: self.id(),
            correlation_id: self.opt(Self::id),
            parent_event_id: self.opt(Self::id),
            event_index: self.opt(Self::safe),
        }
    }

    fn stored(&mut self) -> Stored {
        let n = self.safe();
        self.one(&[Stored::Queued(n), Stored::Pending(n), Stored::Persisted(n), Stored::Failed])
    }

    fn stop_reason(&mut self) -> StopReason {
        match self.opt(|g| g.one(StopReason::KNOWN)) {
            Some(known) => StopReason::from(known.to_owned()),
            None => StopReason::from(self.text()),
        }
    }

    fn usage(&mut self) -> TokenUsage {
        TokenUsage {
            input_tokens: self.safe(),
            output_tokens: self.safe(),
            thinking_tokens: self.opt(Self::safe),
        }
    }

    fn agent(&mut self) -> AgentIdentity {
        AgentIdentity {
            agent_id: self.text(),
            agent_name: self.text(),
            agent_icon: self.opt(Self::text),
            agent_color: self.opt(Self::text),
        }
    }

    fn citation(&mut self) -> Citation {
        Citation {
            kind: self.one(&[
                CitationType::CharLocation,
                CitationType::PageLocation,
                CitationType::ContentBlockLocation,
            ]),
            cited_text: self.opt(Self::text),
            document_index: self.opt(Self::small),
            document_title: self.opt(Self::text),
            start_char_index: self.opt(Self::small),
            end_char_index: self.opt(Self::small),
            page_number: self.opt(Self::small),
        }
    }

    fn cited_file(&mut self) -> CitedFile {
        CitedFile {
            file_name: self.text(),
            file_id: Nullable(self.opt(Self::text)),
            source_type: self.one(&[CitedFileSource::BlobStorage, CitedFileSource::Web]),
            mime_type: self.text(),
            relevance_score: f64::from(self.small()) / f64::from(u32::MAX),
            is_image: self.yes(),
            fetch_strategy: self.one(&[FetchStrategy::InternalApi, FetchStrategy::OauthProxy]),
        }
    }

    /// An event with all that it may have, or none of it.
    pub fn event(&mut self) -> AgentEventExt {
        let head = self.head();
        let stored = self.stored();
        match self.below(18) {
            0 => SessionStartEvent::new(head, self.id()).into(),
            1 => ThinkingEvent {
                content: self.opt(Self::text),
                token_count: self.opt(Self::safe),
                ..ThinkingEvent::new(head, stored)
            }
            .into(),
            2 => ThinkingChunkEvent {
                block_index: self.opt(Self::small),
                message_id: self.opt(Self::id),
                ..ThinkingChunkEvent::new(head, self.text())
            }
            .into(),
            3 => MessagePartialEvent {
                message_id: self.opt(Self::id),
                ..MessagePartialEvent::new(head, self.text())
            }
            .into(),
            4 => MessageEvent {
                stop_reason: self.null(Self::stop_reason),
                token_usage: self.opt(Self::usage),
                model: self.opt(Self::text),
                is_internal: self.opt(Self::yes),
                ..MessageEvent::new(
                    head,
                    stored,
                    self.text(),
                    self.id(),
                    self.one(&[MessageRole::User, MessageRole::Assistant]),
                )
            }
            .into(),
            5 => MessageChunkEvent {
                message_id: self.opt(Self::id),
                citations: self.opt(|g| g.list(0, Self::citation)),
                ..MessageChunkEvent::new(head, self.text())
            }
            .into(),
            6 => ToolUseEvent {
                tool_use_id: self.opt(Self::id),
                ..ToolUseEvent::new(head, stored, self.text(), self.object(2))
            }
            .into(),
            7 => ToolResultEvent {
                args: self.opt(|g| g.object(1)),
                error: self.opt(Self::text),
                tool_use_id: self.opt(Self::id),
                duration_ms: self.opt(Self::safe),
                ..ToolResultEvent::new(head, stored, self.text(), self.json(3), self.yes())
            }
            .into(),
            8 => ErrorEvent {
                code: self.opt(Self::text),
                stack: self.opt(Self::text),
                retryable: self.opt(Self::yes),
                retry_after_ms: self.opt(Self::safe),
                ..ErrorEvent::new(head, self.text())
            }
            .into(),
            9 => SessionEndEvent {
                reason: self.opt(|_| ChatEndReason::UserCancelled),
                ..SessionEndEvent::new(head)
            }
            .into(),
            10 => CompleteEvent {
                stop_reason: self.opt(Self::stop_reason),
                cited_files: self.opt(|g| g.list(0, Self::cited_file)),
                message_id: self.opt(Self::id),
                ..CompleteEvent::new(head, self.one(&[CompletionReason::Success, CompletionReason::MaxTurns]))
            }
            .into(),
            11 => ApprovalRequestedEvent {
                expires_at: self.opt(Self::time),
                change_details: self.opt(|g| ChangeSummary {
                    title: g.text(),
                    description: g.text(),
                    changes: g.object(1),
                    impact: ApprovalPriority::Low,
                }),
                ..ApprovalRequestedEvent::new(
                    head,
                    stored,
                    self.id(),
                    self.text(),
                    self.object(2),
                    self.text(),
                    ApprovalPriority::High,
                )
            }
            .into(),
            12 => ApprovalResolvedEvent {
                reason: self.opt(Self::text),
                ..ApprovalResolvedEvent::new(head, stored, self.id(), ApprovalDecision::Rejected)
            }
            .into(),
            13 => UserMessageConfirmedEvent {
                chat_attachment_ids: self.opt(|g| g.list(0, Self::uuid)),
                client_message_id: self.opt(Self::id),
                ..UserMessageConfirmedEvent::new(head, self.safe(), self.id(), self.id(), self.text())
            }
            .into(),
            14 => TurnPausedEvent {
                content: self.opt(Self::text),
                ..TurnPausedEvent::new(head, stored, self.id())
            }
            .into(),
            15 => ContentRefusedEvent {
                reason: self.opt(Self::text),
                ..ContentRefusedEvent::new(head, stored, self.id())
            }
            .into(),
            16 => ThinkingCompleteEvent {
                block_index: self.opt(Self::small),
                ..ThinkingCompleteEvent::new(head, self.text())
            }
            .into(),
            17 => AgentChangedEvent {
                handoff_type: self.opt(|_| HandoffType::UserSelection),
                ..AgentChangedEvent::new(head, stored, self.agent(), self.agent())
            }
            .into(),
            _ => unreachable!("below 18"),
        }
    }

    fn point(&mut self) -> Coordinates {
        Coordinates { x: self.small().cast_signed(), y: self.small().cast_signed() }
    }

    fn button(&mut self) -> Button {
        self.one(&[Button::Left, Button::Right, Button::Middle])
    }

    fn press(&mut self) -> Press {
        self.one(&[Press::Up, Press::Down])
    }

    fn keys(&mut self) -> Vec<String> {
        self.list(1, Self::text)
    }

    pub fn action(&mut self) -> ComputerAction {
        match self.below(16) {
            0 => MoveMouseAction { action: Tag::new(), coordinates: self.point() }.into(),
            1 => TraceMouseAction {
                action: Tag::new(),
                path: self.list(1, Self::point),
                hold_keys: self.null(Self::keys),
            }
            .into(),
            2 => ClickMouseAction {
                action: Tag::new(),
                coordinates: self.null(Self::point),
                button: self.button(),
                hold_keys: self.null(Self::keys),
                click_count: self.small().max(1),
            }
            .into(),
            3 => PressMouseAction {
                action: Tag::new(),
                coordinates: self.null(Self::point),
                button: self.button(),
                press: self.press(),
            }
            .into(),
            4 => DragMouseAction {
                action: Tag::new(),
                path: self.list(1, Self::point),
                button: self.button(),
                hold_keys: self.null(Self::keys),
            }
            .into(),
            5 => ScrollAction {
                action: Tag::new(),
                coordinates: self.null(Self::point),
                direction: self.one(&[ScrollDirection::Up, ScrollDirection::Left]),
                scroll_count: self.small().max(1),
                hold_keys: self.null(Self::keys),
            }
            .into(),
            6 => {
                TypeKeysAction { action: Tag::new(), keys: self.keys(), delay: self.null(Self::small) }.into()
            }
            7 => PressKeysAction { action: Tag::new(), keys: self.keys(), press: self.press() }.into(),
            8 => TypeTextAction {
                action: Tag::new(),
                text: self.text(),
                delay: self.null(Self::small),
                sensitive: self.null(Self::yes),
            }
            .into(),
            9 => PasteTextAction { action: Tag::new(), text: self.text(), sensitive: self.null(Self::yes) }
                .into(),
            10 => WaitAction { action: Tag::new(), duration: self.small() }.into(),
            11 => ScreenshotAction { action: Tag::new() }.into(),
            12 => CursorPositionAction { action: Tag::new() }.into(),
            13 => ApplicationAction { action: Tag::new(), application: self.one(Application::ALL).0 }.into(),
            14 => WriteFileAction { action: Tag::new(), path: self.text(), data: self.text() }.into(),
            15 => ReadFileAction { action: Tag::new(), path: self.text() }.into(),
            _ => unreachable!("below 16"),
        }
    }

    fn image(&mut self) -> ImageContentBlock {
        ImageContentBlock {
            kind: Tag::new(),
            source: ImageSource {
                kind: SourceEncoding::Base64,
                media_type: ImageMediaType::Png,
                data: self.text(),
            },
            content: None,
        }
    }

    /// A content block that holds others, `depth` deep at most.
    pub fn block(&mut self, depth: usize) -> MessageContentBlock {
        let content = if depth == 0 { None } else { self.opt(|g| g.list(0, |g| g.block(depth - 1))) };
        match self.below(9) {
            0 => TextContentBlock { kind: Tag::new(), text: self.text(), content }.into(),
            1 => ImageContentBlock { content, ..self.image() }.into(),
            2 => DocumentContentBlock {
                kind: Tag::new(),
                source: DocumentSource {
                    kind: SourceEncoding::Base64,
                    media_type: self.text(),
                    data: self.text(),
                },
                name: self.opt(Self::text),
                size: self.opt(Self::safe),
                content,
            }
            .into(),
            3 => ThinkingContentBlock {
                kind: Tag::new(),
                thinking: self.text(),
                signature: self.text(),
                content,
            }
            .into(),
            4 => RedactedThinkingContentBlock { kind: Tag::new(), data: self.text(), content }.into(),
            5 => {
                let click = ClickMouseAction {
                    action: Tag::new(),
                    coordinates: self.null(Self::point),
                    button: self.button(),
                    hold_keys: None,
                    click_count: 1,
                };
                let did = UserActionToolUseBlock::from(click.tool_use(self.text()));
                UserActionContentBlock { kind: Tag::new(), content: vec![self.image().into(), did.into()] }
                    .into()
            }
            6 => ToolUseContentBlock::from(self.action().tool_use(self.text())).into(),
            7 => ToolUseContentBlock::from(OtherToolUseBlock {
                kind: Tag::new(),
                id: self.text(),
                name: OtherToolName::new(self.id()).expect("no tool of ours"),
                input: self.object(2),
                content,
            })
            .into(),
            8 => ToolResultContentBlock {
                kind: Tag::new(),
                tool_use_id: self.text(),
                content: content.unwrap_or_default(),
                is_error: self.opt(Self::yes),
            }
            .into(),
            _ => unreachable!("below 9"),
        }
    }
}
