-- What expires: idempotency keys, uploads, workspaces of ended tasks.
ALTER TABLE idempotency ADD COLUMN created_at INTEGER NOT NULL DEFAULT 0;
UPDATE idempotency SET created_at = coalesce((SELECT t.created_at FROM tasks t WHERE t.id = idempotency.task), 0);
CREATE INDEX idempotency_age ON idempotency (created_at);

CREATE TABLE uploads (
  id      BLOB PRIMARY KEY,
  user    TEXT NOT NULL,
  used_at INTEGER NOT NULL                -- brought, or named by a task last
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_age ON uploads (used_at);

CREATE INDEX tasks_kept ON tasks (completed_at) WHERE status = 'terminated' AND cleanup = 0 AND removed = 0;
