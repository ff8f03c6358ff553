-- The queue across sessions. A message becomes a prompt of its session in one transaction with that prompt.
CREATE TABLE messages (
  no         INTEGER PRIMARY KEY AUTOINCREMENT, -- the id
  user       TEXT NOT NULL,
  session_no INTEGER NOT NULL REFERENCES sessions (no),
  text       TEXT NOT NULL,
  runtime    TEXT NOT NULL,
  agent      TEXT NOT NULL,
  template   TEXT,
  directory  TEXT,
  created_at INTEGER NOT NULL,
  sent_at    INTEGER,
  command    BLOB
) STRICT;
CREATE INDEX messages_of_user ON messages (user, no);
CREATE INDEX messages_of_session ON messages (session_no, no);
