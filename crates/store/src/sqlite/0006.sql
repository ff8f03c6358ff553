-- Webhooks. Which events are to be told is written with the events (`outbox`); what is delivered, by whom it was asked for.
CREATE TABLE webhooks (
  no         INTEGER PRIMARY KEY,
  id         BLOB NOT NULL UNIQUE,
  user       TEXT NOT NULL,
  all_users  INTEGER NOT NULL,
  session_no INTEGER REFERENCES sessions (no), -- hears this one alone
  source     TEXT NOT NULL,
  name       TEXT,
  url        TEXT NOT NULL,
  secret     TEXT NOT NULL,                    -- sealed
  events     TEXT,                             -- JSON; NULL is all
  enabled    INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_of_session ON webhooks (session_no, user);

-- Events that somebody is to be told of and for whom no delivery was made yet.
CREATE TABLE outbox (
  key INTEGER PRIMARY KEY                      -- of the event
) STRICT;

CREATE TABLE deliveries (
  no          INTEGER PRIMARY KEY,
  id          BLOB NOT NULL UNIQUE,
  webhook_no  INTEGER NOT NULL REFERENCES webhooks (no) ON DELETE CASCADE,
  session     BLOB NOT NULL,                   -- of a test: zeros
  event       BLOB NOT NULL,
  state       TEXT NOT NULL,
  place       INTEGER NOT NULL,                -- in the queue of its webhook and session
  tries       INTEGER NOT NULL,                -- of the present plan
  once        INTEGER NOT NULL,                -- no second attempt
  next_at     INTEGER,
  created_at  INTEGER NOT NULL,
  finished_at INTEGER,
  body        BLOB NOT NULL,
  UNIQUE (webhook_no, event)
) STRICT;
CREATE INDEX deliveries_of_webhook ON deliveries (webhook_no, no);
CREATE INDEX deliveries_waiting ON deliveries (webhook_no, session, place) WHERE state = 'pending';
CREATE UNIQUE INDEX deliveries_place ON deliveries (place);
CREATE INDEX deliveries_age ON deliveries (finished_at) WHERE finished_at IS NOT NULL;

CREATE TABLE attempts (
  no          INTEGER PRIMARY KEY,
  delivery_no INTEGER NOT NULL REFERENCES deliveries (no) ON DELETE CASCADE,
  at          INTEGER NOT NULL,
  ms          INTEGER NOT NULL,
  status      INTEGER,
  error       TEXT
) STRICT;
CREATE INDEX attempts_of_delivery ON attempts (delivery_no, no);
