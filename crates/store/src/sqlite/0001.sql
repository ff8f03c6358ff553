-- Where each log stands. Written once per batch of appends, not once per event.
CREATE TABLE sessions (
  no          INTEGER PRIMARY KEY AUTOINCREMENT,
  id          BLOB NOT NULL UNIQUE,
  last_seq    INTEGER NOT NULL DEFAULT 0,
  bytes       INTEGER NOT NULL DEFAULT 0,
  epoch       INTEGER NOT NULL DEFAULT 0, -- the newest given out
  life        INTEGER NOT NULL DEFAULT 0, -- the epoch in which the sidecar's journal began anew
  line        INTEGER NOT NULL DEFAULT 0, -- the last journal line that is in the log
  pty_pos     INTEGER NOT NULL DEFAULT 0,
  pty_dropped INTEGER NOT NULL DEFAULT 0,
  trimmed     INTEGER NOT NULL DEFAULT 0, -- PTY chunks up to this seq are emptied
  purging     BLOB                        -- the task, while all of this is being removed
) STRICT;
CREATE INDEX sessions_purging ON sessions (purging) WHERE purging IS NOT NULL;

CREATE TABLE events (
  key   INTEGER PRIMARY KEY,              -- session's no << 36 | seq
  at    INTEGER NOT NULL,
  kind  INTEGER NOT NULL,
  v     INTEGER NOT NULL DEFAULT 1,
  actor ANY NOT NULL,                     -- 0 system, 1 sidecar, 2 agent, 3 gateway, or a user's name
  turn  BLOB,
  cause BLOB,
  epoch INTEGER,
  line  INTEGER,
  body  BLOB NOT NULL
) STRICT;

CREATE TABLE tasks (
  no              INTEGER PRIMARY KEY,
  id              BLOB NOT NULL UNIQUE,
  session_no      INTEGER NOT NULL UNIQUE REFERENCES sessions (no),
  instance        BLOB NOT NULL UNIQUE,
  user            TEXT NOT NULL,
  guild           TEXT,
  status          TEXT NOT NULL,
  config          TEXT NOT NULL,
  template        TEXT NOT NULL,
  runtime         TEXT NOT NULL,
  source          TEXT,
  created_at      INTEGER NOT NULL,
  started_at      INTEGER,
  suspended_at    INTEGER,
  completed_at    INTEGER,
  ran_ms          INTEGER NOT NULL,
  exit_code       INTEGER,
  error           TEXT,
  stop_reason     TEXT,
  cleanup         INTEGER NOT NULL,
  removed         INTEGER NOT NULL,
  prompt          TEXT NOT NULL,
  spec            TEXT NOT NULL,
  instance_record TEXT
) STRICT;
CREATE INDEX tasks_newest ON tasks (created_at, id, status);
CREATE INDEX tasks_of_user ON tasks (user, created_at, id, status);
CREATE INDEX tasks_of_guild ON tasks (guild, created_at, id, status) WHERE guild IS NOT NULL;
CREATE INDEX tasks_unfinished ON tasks (created_at, id) WHERE status <> 'terminated' OR cleanup = 1;

CREATE TABLE commands (
  no          INTEGER PRIMARY KEY,        -- the order of acceptance
  id          BLOB NOT NULL UNIQUE,
  session_no  INTEGER NOT NULL REFERENCES sessions (no),
  kind        TEXT NOT NULL,
  state       TEXT NOT NULL,
  actor       TEXT NOT NULL,
  accepted_at INTEGER NOT NULL,
  outcome     TEXT,
  body        TEXT NOT NULL
) STRICT;
CREATE INDEX commands_by_state ON commands (session_no, state, kind);

CREATE TABLE permissions (
  no           INTEGER PRIMARY KEY,
  id           BLOB NOT NULL UNIQUE,
  session_no   INTEGER NOT NULL REFERENCES sessions (no),
  answered     INTEGER NOT NULL,
  option_id    TEXT,                      -- NULL in an answered one is "cancelled"
  answered_by  TEXT,
  rpc_id       TEXT NOT NULL,
  requested_at INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  request      TEXT NOT NULL
) STRICT;
CREATE INDEX permissions_of_session ON permissions (session_no, answered);

CREATE TABLE credentials (
  no         INTEGER PRIMARY KEY,
  id         BLOB NOT NULL UNIQUE,
  kind       TEXT NOT NULL,
  hash       BLOB NOT NULL UNIQUE,
  user       TEXT NOT NULL,
  scopes     TEXT NOT NULL,
  label      TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER
) STRICT;
CREATE INDEX credentials_of_kind ON credentials (kind, created_at);
CREATE INDEX credentials_expiry ON credentials (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX credentials_revoked ON credentials (revoked_at) WHERE revoked_at IS NOT NULL;

CREATE TABLE ledger (
  no       INTEGER PRIMARY KEY,
  instance BLOB NOT NULL,
  kind     TEXT NOT NULL,
  name     TEXT NOT NULL,
  UNIQUE (instance, kind, name)
) STRICT;

CREATE TABLE idempotency (
  owner  TEXT NOT NULL,
  key    TEXT NOT NULL,
  digest BLOB NOT NULL,
  task   BLOB NOT NULL,
  PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_of_task ON idempotency (task);

CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
