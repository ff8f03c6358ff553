//! Every number that bounds what comes from outside. `docs/promises.md` lists them.

/// Characters of a prompt, counted in UTF-16 units as Zod counts (seed 000).
pub const PROMPT_UTF16: std::ops::RangeInclusive<usize> = 1..=100_000;
/// Bytes of a JSON request body. A task with files is the largest.
pub const BODY_BYTES: usize = 32 << 20;
/// Files of one task.
pub const FILES: usize = 100;
/// Decoded bytes of one file of a task.
pub const FILE_BYTES: usize = 10 << 20;
/// Decoded bytes of all files of a task.
pub const FILES_BYTES: usize = 20 << 20;
/// Bytes of one file's relative name.
pub const FILE_NAME_BYTES: usize = 512;
/// Bytes of a path below a workspace, in UTF-8.
pub const PATH_BYTES: usize = 4096;
/// Bytes of an uploaded repository bundle.
pub const UPLOAD_BYTES: u64 = 512 << 20;
/// Allow rules of one task.
pub const ALLOW_RULES: usize = 200;
/// Repositories of one task.
pub const REPOSITORIES: usize = 10;
/// Environment variables of one task, and bytes of one value.
pub const ENV_VARS: usize = 100;
/// Bytes of one environment variable's value.
pub const ENV_VALUE_BYTES: usize = 32 << 10;
/// Prompts that wait in a session's queue.
pub const QUEUED_PROMPTS: usize = 50;
/// Bytes of one `input`.
pub const INPUT_BYTES: usize = 1 << 20;
/// Bytes of one WebSocket frame from a client.
pub const WS_FRAME_BYTES: usize = 4 << 20;
/// Bytes of one ACP frame (one line) of an agent. A longer one ends the agent with that reason.
pub const ACP_FRAME_BYTES: usize = 4 << 20;
/// Bytes of a JSON-RPC request's id, as JSON: answers carry it, and a question keeps it.
pub const RPC_ID_BYTES: usize = 512;
/// Bytes of one line on the control link: a frame and its envelope, or an `init` with its files.
pub const LINK_LINE_BYTES: usize = 40 << 20;
/// Bytes of one line that a sidecar sends on the control link.
pub const SIDECAR_LINE_BYTES: usize = ACP_FRAME_BYTES + (4 << 10);
/// Bytes of one PTY chunk in a sidecar's journal.
pub const PTY_CHUNK_BYTES: usize = 32 << 10;
/// Bytes of a sidecar's journal that may stand unacknowledged; then it stops reading the agent.
pub const JOURNAL_BYTES: u64 = 32 << 20;
/// Events of one page read from the log.
pub const PAGE_EVENTS: usize = 1_000;
/// Bytes of one page read from the log (a single larger event still comes, alone).
pub const PAGE_BYTES: usize = 1 << 20;
/// Tasks of one page of a list.
pub const PER_PAGE: std::ops::RangeInclusive<u32> = 1..=100;
/// Bytes of the header line of an egress stream.
pub const EGRESS_HEADER_BYTES: usize = 1 << 10;
/// Bytes of a TLS ClientHello that is read before dialling, and how long it may take.
pub const CLIENT_HELLO_BYTES: usize = 16 << 10;
/// Seconds that a ClientHello may take.
pub const CLIENT_HELLO_SECONDS: u64 = 5;
/// Seconds that a WebSocket ticket lives.
pub const TICKET_SECONDS: i64 = 60;
/// Bytes of a file read or written over the host API by `cp`.
pub const HOST_FILE_BYTES: u64 = 2 << 30;
/// A heartbeat goes out after this many seconds of silence on the control link, and three missed ones mean a dead peer.
pub const HEARTBEAT_SECONDS: u64 = 15;
/// The largest integer that JavaScript holds exactly.
pub const SAFE_INTEGER: u64 = (1 << 53) - 1;
/// The same for numbers that may be negative; the smallest is its opposite.
pub const SAFE_SIGNED: i64 = (1 << 53) - 1;
/// UTF-16 units of a chat message or of an agent query's prompt (seed 002).
pub const CHAT_MESSAGE_UTF16: std::ops::RangeInclusive<usize> = 1..=10_000;
/// UTF-16 units of an opaque id (message, tool use, event).
pub const OPAQUE_ID_UTF16: usize = 255;
/// UTF-16 units of the reason that goes with an answer to an approval.
pub const APPROVAL_REASON_UTF16: usize = 500;
/// UTF-16 units of a chat session's title and of a to-do's texts.
pub const TITLE_UTF16: usize = 500;
/// Tokens that a model may think for one answer.
pub const THINKING_BUDGET: std::ops::RangeInclusive<u32> = 1_024..=100_000;
/// Files that go with one chat message.
pub const CHAT_ATTACHMENTS: usize = 10;
/// UTF-16 units of a webhook's URL.
pub const WEBHOOK_URL_UTF16: usize = 2048;
/// UTF-16 units of a webhook's secret.
pub const WEBHOOK_SECRET_UTF16: usize = 512;
/// Webhooks of one session or, beside those, of one user.
pub const WEBHOOKS: usize = 20;
/// UTF-16 units of the name of a branch or of anything that names a commit.
pub const GIT_NAME_UTF16: usize = 255;
/// Commits of one list.
pub const GIT_COMMITS: u32 = 200;
/// Entries of one folder that are listed (seed 003).
pub const SNAPSHOT_ENTRIES: usize = 10_000;
/// UTF-16 units of a file's preview (seed 003).
pub const PREVIEW_UTF16: usize = 100_000;
/// Bytes of the JSON of a snapshot or a preview that is asked for on a WebSocket. Over REST more is given.
pub const WS_FILES_BYTES: usize = 1 << 20;
/// Snapshots and previews that one WebSocket may wait for at a time.
pub const WS_FILES: usize = 4;
/// Acknowledgements of subscriptions that one WebSocket may wait for at a time.
pub const WS_PENDING: usize = 100;
/// Paths of one `fs.changed`.
pub const CHANGED_PATHS: usize = 64;
/// Bytes of all paths of one `fs.changed`.
pub const CHANGED_BYTES: usize = 8 << 10;
/// How many `fs.changed` of a session may come one right after the other; then one more each [`CHANGED_SECONDS`].
pub const CHANGED_BURST: u32 = 30;
/// See [`CHANGED_BURST`].
pub const CHANGED_SECONDS: u64 = 10;
/// Folders of a workspace that are watched.
pub const WATCHED_FOLDERS: usize = 8_192;
/// UTF-16 units of a script that runs before a session's agent.
pub const SETUP_UTF16: usize = 64 << 10;
/// Messages of one user that wait in the queue across sessions, and messages that were sent and are still shown.
pub const MESSAGES: usize = 100;
/// Seconds that such a script may take, unless another number is said.
pub const SETUP_SECONDS: u32 = 600;
/// Terminals of persons in one session, those that are over and still kept among them.
pub const TERMINALS: usize = 16;
/// Bytes of output that are kept of one terminal; the oldest go first.
pub const TERMINAL_KEPT_BYTES: usize = 512 << 10;
/// Bytes of one `terminal.input`.
pub const TERMINAL_INPUT_BYTES: usize = 64 << 10;
/// Bytes typed into a terminal that may wait for its program to read them.
pub const TERMINAL_TYPED_BYTES: usize = 256 << 10;
/// Bytes of a terminal's command and arguments together.
pub const TERMINAL_COMMAND_BYTES: usize = 32 << 10;
/// Bytes of a boot configuration.
pub const BOOT_CONFIG_BYTES: u64 = 1 << 20;
