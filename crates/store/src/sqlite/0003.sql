-- Journal lines that no event holds as they came, so that one that comes again is compared all the same.
CREATE TABLE lines (
  session_no INTEGER NOT NULL REFERENCES sessions (no),
  line       INTEGER NOT NULL,            -- of the sidecar's present life
  digest     BLOB NOT NULL,
  PRIMARY KEY (session_no, line)
) STRICT, WITHOUT ROWID;
