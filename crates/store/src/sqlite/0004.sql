-- Sessions as people and programs drive them: names, settings, the queue's order and pause, templates, named instances.
ALTER TABLE tasks ADD COLUMN title TEXT;
ALTER TABLE tasks ADD COLUMN instance_name TEXT;
ALTER TABLE tasks ADD COLUMN queue_paused INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tasks ADD COLUMN auto_approve INTEGER;            -- NULL: as the server's settings have it
ALTER TABLE tasks ADD COLUMN end_reason TEXT;
CREATE INDEX tasks_of_instance_name ON tasks (instance_name) WHERE instance_name IS NOT NULL;

ALTER TABLE commands ADD COLUMN rank INTEGER;                 -- where a waiting prompt stands, when not where it came

CREATE TABLE templates (
  no         INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL,
  body       TEXT NOT NULL,
  sealed     BLOB                                             -- values of variables, encrypted
) STRICT;

CREATE TABLE instances (
  no         INTEGER PRIMARY KEY,
  user       TEXT NOT NULL,
  name       TEXT NOT NULL,
  runtime    TEXT NOT NULL,
  status     TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (user, name)
) STRICT;
