//! The program: says where it listens, delays, records.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use lia_model_server::Record;

use crate::http::send;

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_listens_delays_and_records() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("record");
    let mut child = Command::new(env!("CARGO_BIN_EXE_model-server"))
        .args(["--port", "0", "--tokens", "5", "--delay-ms", "20", "--record"])
        .arg(&file)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let _ended = Ended(child);
    let url = line.trim_end().strip_prefix("listening on ").unwrap();

    let started = Instant::now();
    let body = r#"{"model": "m", "stream": true, "messages": [{"role": "user", "content": "hello"}]}"#;
    let answer = send(url, "POST", "/v1/chat/completions", "Authorization: Bearer any\r\n", body);
    assert!(started.elapsed() >= Duration::from_millis(100));
    assert_eq!(answer.events().len(), 7);

    let records = std::fs::read_to_string(file).unwrap();
    let record: Record = serde_json::from_str(records.trim_end()).unwrap();
    assert_eq!((record.method.as_str(), record.path.as_str()), ("POST", "/v1/chat/completions"));
    assert_eq!(record.credentials["authorization"], "Bearer any");
}
