//! Every type of the contract, by name: what the generators write down and what the proof checks. A type that crosses a
//! wire and is not here does not exist for the others.
//!
//! What only Lia's own programs say to each other, built from one source and never apart, is not here: what a runtime hands
//! to the sidecar at its start ([`lia_protocol::boot`]), and the header lines of the egress link ([`lia_protocol::egress`]).

use garde::Validate;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, de::DeserializeOwned};

use lia_protocol::{error::Issue, wire};

/// Which part of the contract a type belongs to; the generated package has a module for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// Tasks, their stream, the sidecar's link (seeds 000 and 001), and Lia's own REST API.
    Tasks,
    /// Sessions, runtimes, channels, webhooks (seed 003).
    Sessions,
    /// Chat: events, Socket.IO, approvals (seed 002).
    Chat,
    /// Computer use: actions and content blocks (seed 004).
    Computer,
}

/// Reads a message, checks its limits, and writes it again.
pub type Round = fn(&[u8]) -> Result<Vec<u8>, Vec<Issue>>;

/// One type.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Its name in every language.
    pub name: &'static str,
    /// Its part.
    pub group: Group,
    /// The name of its Zod schema.
    pub zod: &'static str,
    /// Its schema, or a reference to it.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Reads it, checks its limits, and writes it again.
    pub round: Round,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?}, {})", self.name, self.group, self.zod)
    }
}

/// The type with a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Entry> {
    TYPES.iter().find(|e| e.name == name)
}

fn round<T: Serialize + DeserializeOwned + Validate<Context = ()>>(
    json: &[u8],
) -> Result<Vec<u8>, Vec<Issue>> {
    let value: T = wire::parse(json)?;
    serde_json::to_vec(&value).map_err(|e| vec![Issue { path: String::new(), message: e.to_string() }])
}

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// `Name: path::Type` per type; `as zodName` where the Zod schema is not called `NameSchema`.
macro_rules! registry {
    ($($group:ident { $($module:ident :: { $($name:ident $(as $zod:literal)?),* $(,)? })* })*) => {
        /// All types. A static, so that their code is made once, in this crate.
        pub static TYPES: &[Entry] = &[$($($(Entry {
            name: stringify!($name),
            group: Group::$group,
            zod: registry!(@zod $name $($zod)?),
            schema: schema::<lia_protocol::$module::$name>,
            round: round::<lia_protocol::$module::$name>,
        },)*)*)*];
    };
    (@zod $name:ident) => { concat!(stringify!($name), "Schema") };
    (@zod $name:ident $zod:literal) => { $zod };
}

registry! {
    Tasks {
        task::{
            TaskStatus, TaskConfig, TaskConfigRequest, FileEncoding, TaskFile, Repository, CreateTaskRequest, TaskResponse,
            TaskListResponse,
        }
        error::{ ErrorCode, ApiError, Issue }
        ws::{
            WsMessageType, WsOutputMessage, WsInputMessage, WsStatusMessage, WsErrorMessage, WsPingMessage, WsPongMessage,
            WsMessage, WsProgressMessage, WsPermissionMessage, WsAnsweredMessage, WsPromptMessage, WsTurnMessage,
            WsEgressMessage, WsLiveMessage, WsAnswerMessage, WsCancelMessage, WsResizeMessage, WsMessageExt,
        }
        api::{
            Scope, Me, CreateTokenRequest, TokenInfo, CreateTokenResponse, TicketResponse, LoginRequest, DownRequest,
            ResizeRequest, InstallProgress, InstallDone, InputRequest, InputResponse, PermissionInfo, AnswerRequest,
            QueuedPrompt, UploadResponse, Health,
        }
        event::{ PermissionOption, PermissionAnswered }
        log::{
            RpcLogEvent, OutputLogEvent, TaskStateLogEvent, TurnStartedLogEvent, TurnEndedLogEvent, PromptQueuedLogEvent, PromptDeliveredLogEvent, PromptUnknownLogEvent, PromptWithdrawnLogEvent, PermissionRequestedLogEvent, PermissionAnsweredLogEvent, EgressRefusedLogEvent, EgressAllowedLogEvent, UsageLogEvent, FsChangedLogEvent, ProgressLogEvent, ErrorLogEvent, LogTruncatedLogEvent, AgentReadyLogEvent, AgentExitedLogEvent, QueuePausedLogEvent, QueueResumedLogEvent, QueueReorderedLogEvent, SettingsChangedLogEvent, TerminalOpenedLogEvent, TerminalClosedLogEvent, LogEvent,
        }
        template::{ AgentMode, TemplateInfo }
        runtime::{ Isolation, RuntimeStatus }
        host_api::{ HostHealth, EntryKind, DirEntry, DirList }
        vsock::{
            VsockMessageType, VsockFile, VsockInitMessage, VsockOutputMessage, VsockInputMessage, VsockExitMessage,
            VsockHeartbeatMessage, VsockMessage,
        }
        query::{
            LoginLinkQuery, TicketQuery, ListTasksQuery, DeleteTaskQuery, LogQuery, StreamQuery, SinceQuery, FolderQuery, FileQuery, RepositoryQuery,
            ListSessionsQuery, SessionQuery, TerminalQuery,
        }
        link::{ AgentStart }
        vsock_ext::{
            VsockHelloMessage, VsockWelcomeMessage, VsockPromptCommand, VsockInputCommand, VsockCancelCommand, VsockPermissionCommand, VsockSignalCommand, VsockShutdownCommand, VsockCommandMessage, VsockResizeMessage, VsockAckMessage, VsockRpcMessage, VsockReadyMessage, VsockBegunMessage, VsockOkDone, VsockBusyDone, VsockFailedDone, VsockExitedDone, VsockDoneMessage, VsockErrorMessage, VsockProgressMessage, VsockTerminalMessage, VsockChangedMessage, VsockRefusedMessage, VsockMessageExt,
        }
    }
    Sessions {
        sessions::{
            RuntimeInstance,
            RuntimeInfo,
            SessionEndReason,
            RuntimeHostStartSessionRequest,
            RuntimeHostStartSessionResponse,
            RuntimeHostSessionStatus,
            RuntimeHostHealthResponse,
            RuntimeHostPromptRequest,
            RuntimeHostPermissionResponse,
            FileSystemEntryGitInfo,
            FileSystemEntry,
            PermissionRequestEvent,
            FilesystemSnapshotEvent,
            FilePreviewEvent,
            PermissionRespondAction,
            FsSnapshotAction,
            FilePreviewAction,
            PermissionRequestCallback,
            SessionEndCallback,
            EndTurnCallback,
            AgentMessageCallback,
            ErrorCallback,
            SessionCallbackEvent,
            PermissionCallbackResponse,
            SessionHostStartRequest as "SessionHostStartRequestWithIdSchema",
            SessionHostStartBody as "SessionHostStartRequestSchema",
            SessionHostStartResponse,
            SessionHostHealthResponse,
            AgentSpawn,
            AgentTemplateRuntime,
            AgentTemplate,
            SessionLog,
            PendingPermissionOption,
            PendingPermission,
            FileSystemSnapshot,
            FilePreview,
            QueuedPromptResponse,
            PromptQueueItem,
            PromptQueueState,
            Session,
            CreateSessionBody,
            RegisterAgentTemplateBody,
            PromptMode,
            PromptBody,
            PermissionResponseBody,
            UpdateAgentTemplateRuntime,
            UpdateAgentTemplateBody,
            QueueOrderBody,
            SessionSettings,
            SessionProgress,
            PromptResponse,
            OkResponse,
            QueueClearedResponse,
            StartRuntimeBody,
            SessionsHealth,
            MessageStatus,
            QueuedMessage,
            EnqueueMessageBody,
            WebhookEventType,
            WebhookConfig,
            WebhookPayload,
            WebhookSource,
            WebhookInfo,
            CreateWebhookBody,
            UpdateWebhookBody,
            ListWebhooksQuery,
            ListDeliveriesQuery,
            DeliveryState,
            DeliveryAttempt,
            WebhookDelivery,
            WebhookDeliveryList,
            SnapshotQuery,
            GitQuery,
            GitCommitsQuery,
            GitBranch,
            GitBranchList,
            GitCommit,
            GitCommitList,
            GitWorktree,
            GitWorktreeList,
            CreateGitWorktreeBody,
            GitWorktreeCreated,
            CreateTerminalBody,
            TerminalInputBody,
            TerminalInfo,
            TerminalsResponse,
            TerminalOutput,
            SessionMeta,
            SessionRuntimeInfo,
            StoredSession,
            WsEventMessage,
            WsConnectedMessage,
            WsServerMessage,
            WsPromptAction,
            WsPermissionRespondAction,
            WsCancelAction,
            WsTerminateAction,
            WsPingAction,
            WsQueueReorderAction,
            WsQueueClearAction,
            WsQueuePauseAction,
            WsQueueResumeAction,
            WsControlMessage,
            Channel,
            WsChannelConnectedMessage,
            WsSubscribedMessage,
            WsUnsubscribedMessage,
            WsChannelEventMessage,
            WsSessionCreatedMessage,
            WsSessionTerminatedMessage,
            WsChannelErrorMessage,
            WsChannelServerMessage,
            WsSubscribeAction,
            WsUnsubscribeAction,
            WsChannelPromptAction,
            WsChannelPermissionRespondAction,
            WsChannelCancelAction,
            WsChannelTerminateAction,
            WsChannelQueueReorderAction,
            WsChannelQueueClearAction,
            WsChannelQueuePauseAction,
            WsChannelQueueResumeAction,
            WsChannelPingAction,
            WsChannelTerminalCreateAction,
            WsChannelTerminalInputAction,
            WsChannelTerminalResizeAction,
            WsChannelTerminalKillAction,
            WsChannelControlMessage,
            WsChannelControlMessageExt,
            SessionRpcEvent,
            SessionPermissionRequestEvent,
            SessionPermissionApprovedEvent,
            SessionPermissionRejectedEvent,
            SessionPermissionRespondedEvent,
            SessionPermissionCancelledEvent,
            SessionQueueUpdatedEvent,
            SessionQueuePausedEvent,
            SessionQueueResumedEvent,
            SessionFilesystemChangedEvent,
            SessionFilesystemSnapshotEvent,
            SessionFilePreviewEvent,
            SessionTerminalStartedEvent,
            SessionTerminalDataEvent,
            SessionTerminalExitEvent,
            SessionSessionTerminatedEvent,
            SessionErrorEvent,
            SessionEndTurnEvent,
            SessionSessionEndEvent,
            SessionAgentMessageEvent,
            SessionEvent,
        }
    }
    Chat {
        chat::{
            PersistenceState, MessageRole, ChatEndReason, CompletionReason, ApprovalPriority, ApprovalDecision, StopReason,
            TokenUsage, CitationType, Citation, CitedFileSource, FetchStrategy, CitedFile, ChatAttachmentStatus,
            ChatAttachmentSummary, FileMentionType, FileMention, AgentIdentity, HandoffType, ChangeSummary,
            SessionStartEvent, ThinkingEvent, ThinkingChunkEvent, MessagePartialEvent, MessageEvent, MessageChunkEvent,
            ToolUseEvent, ToolResultEvent, ErrorEvent, SessionEndEvent, CompleteEvent, ApprovalRequestedEvent,
            ApprovalResolvedEvent, UserMessageConfirmedEvent, TurnPausedEvent, ContentRefusedEvent, AgentEvent,
            ThinkingCompleteEvent, AgentChangedEvent, AgentEventExt,
            ExtendedThinkingConfig as "extendedThinkingConfigSchema", ChatMessageInput as "chatMessageSchema",
            ChatMessageData as "fullChatMessageSchema", StopAgentData as "stopAgentSchema",
            ApprovalResponseData, ApprovalDecisionData, ApprovalResponse as "approvalResponseSchema",
            RespondApprovalRequest, SessionJoinData as "sessionJoinSchema", SessionLeaveData as "sessionLeaveSchema",
            AgentSelectData, SupervisorResumeData, UserJoinData, AgentErrorData, SessionJoinedEvent, ActiveRun,
            SessionReadyEvent, SessionLeftEvent, SessionErrorCode, SessionErrorData, ApprovalErrorCode, ApprovalErrorData,
            TodoCreatedEvent, TodoUpdatedEvent, TodoOutcome, TodoCompletedEvent, SessionTitleUpdatedEvent, UserJoinedEvent,
            UserErrorData, CreateApprovalOptions, ApprovalRespondResponse, SocketErrorCode, SocketRefusal, SessionJoinOk,
            SessionLeaveOk, ChatMessageOk, StopAgentOk, ApprovalResponseOk, SessionJoinAck, SessionLeaveAck, ChatMessageAck,
            StopAgentAck, ApprovalResponseAck,
            AgentQueryRequest as "agentQuerySchema", TodoCreateRequest as "todoCreateSchema", BcEntity,
            BcQueryRequest as "bcQuerySchema", CreateChatSessionRequest, UpdateChatSessionRequest, PinChatSessionRequest,
            ChatSessionsQuery, ChatMessagesQuery,
            MessageTokenUsage, AssistantRole, ToolStatus, StandardMessage, ThinkingMessage, ToolUseMessage,
            ToolResultMessage, Message,
            ChatSessionStatus, ChatSession, ChatPagination, ChatSessionListResponse, ChatSessionResponse,
            ChatMessagesResponse, ApprovalActionType, ApprovalStatus, ApprovalRequest, ApprovalListResponse, TodoStatus,
            TodoItem, TodoListResponse, RunTokenUsage, AgentExecutionResult, ServiceTier, TokenUsageRecord,
            ApiErrorResponse, ErrorResponseWithStatus, ValidationErrorDetail, RangeErrorDetail,
        }
    }
    Computer {
        computer::{
            Coordinates, Button, Press, ScrollDirection, Application,
            MoveMouseAction, TraceMouseAction, ClickMouseAction, PressMouseAction, DragMouseAction, ScrollAction,
            TypeKeysAction, PressKeysAction, TypeTextAction, PasteTextAction, WaitAction, ScreenshotAction,
            CursorPositionAction, ApplicationAction, WriteFileAction, ReadFileAction, SeedComputerAction, ComputerAction,
            ScreenshotResult, WriteFileResult, ReadFileResult,
            MoveMouseInput, TraceMouseInput, ClickMouseInput, PressMouseInput, DragMouseInput, ScrollInput, TypeKeysInput,
            PressKeysInput, TypeTextInput, PasteTextInput, WaitInput, EmptyInput, ApplicationInput, WriteFileInput,
            ReadFileInput, AgentTaskStatus, SetTaskStatusInput, CreateTaskType, CreateTaskPriority, CreateTaskInput,
            MoveMouseToolUseBlock, TraceMouseToolUseBlock, ClickMouseToolUseBlock, PressMouseToolUseBlock,
            DragMouseToolUseBlock, ScrollToolUseBlock, TypeKeysToolUseBlock, PressKeysToolUseBlock, TypeTextToolUseBlock,
            PasteTextToolUseBlock, WaitToolUseBlock, ScreenshotToolUseBlock, CursorPositionToolUseBlock,
            ApplicationToolUseBlock, WriteFileToolUseBlock, ReadFileToolUseBlock, SetTaskStatusToolUseBlock,
            CreateTaskToolUseBlock, OtherToolUseBlock, ComputerToolUseContentBlock, ToolUseContentBlock,
            UserActionToolUseBlock,
            MessageContentType, SourceEncoding, ImageMediaType, ImageSource, DocumentSource, TextContentBlock,
            ImageContentBlock, DocumentContentBlock, ThinkingContentBlock, RedactedThinkingContentBlock,
            UserActionContentBlock, ToolResultContentBlock, UserActionContent, MessageContentBlock, LlmTool,
        }
    }
}
