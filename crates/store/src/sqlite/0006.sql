-- What a view must remember of a log: few events beside the agents' notifications and the bytes of terminals.
CREATE INDEX events_landmarks ON events (key) WHERE kind NOT IN (3, 6, 7);
