-- Several sessions in one sandbox: an instance is no longer one task's alone. SQLite drops no constraint, so the table is
-- made anew; nothing refers to its rows.
CREATE TABLE tasks_made_anew (
  no              INTEGER PRIMARY KEY,
  id              BLOB NOT NULL UNIQUE,
  session_no      INTEGER NOT NULL UNIQUE REFERENCES sessions (no),
  instance        BLOB NOT NULL,
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
  instance_record TEXT,
  title           TEXT,
  instance_name   TEXT,
  queue_paused    INTEGER NOT NULL DEFAULT 0,
  auto_approve    INTEGER,                -- NULL: as the server's settings have it
  end_reason      TEXT
) STRICT;
INSERT INTO tasks_made_anew
SELECT no, id, session_no, instance, user, guild, status, config, template, runtime, source, created_at, started_at,
  suspended_at, completed_at, ran_ms, exit_code, error, stop_reason, cleanup, removed, prompt, spec, instance_record,
  title, instance_name, queue_paused, auto_approve, end_reason
FROM tasks;
DROP TABLE tasks;
ALTER TABLE tasks_made_anew RENAME TO tasks;
CREATE INDEX tasks_newest ON tasks (created_at, id, status);
CREATE INDEX tasks_of_user ON tasks (user, created_at, id, status);
CREATE INDEX tasks_of_guild ON tasks (guild, created_at, id, status) WHERE guild IS NOT NULL;
CREATE INDEX tasks_unfinished ON tasks (created_at, id) WHERE status <> 'terminated' OR cleanup = 1;
CREATE INDEX tasks_kept ON tasks (completed_at) WHERE status = 'terminated' AND cleanup = 0 AND removed = 0;
CREATE INDEX tasks_of_instance_name ON tasks (instance_name) WHERE instance_name IS NOT NULL;
CREATE INDEX tasks_of_instance ON tasks (instance);

-- The sandbox that the sessions of a named instance share; NULL when each has its own.
ALTER TABLE instances ADD COLUMN sandbox BLOB;
