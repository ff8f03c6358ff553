//! A sidecar for this crate's tests: it answers `CONNECT` and `LIA1` as the real one does, and then runs the line that
//! it is given as a shell script and sends back what that printed.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::{
        fd::{FromRawFd as _, RawFd},
        unix::net::{UnixListener, UnixStream},
    },
    process::{Command, ExitCode},
    thread,
};

use lia_protocol::boot::BootConfig;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let fd = |name: &str| -> RawFd {
        args.windows(2).find(|w| w[0] == name).and_then(|w| w[1].parse().ok()).expect("usage")
    };
    let (config_fd, listen_fd) = (fd("--config-fd"), fd("--listen-fd"));
    // SAFETY: both were handed over by whoever started this, and nobody else here uses them.
    let (mut file, listener) =
        unsafe { (File::from_raw_fd(config_fd), UnixListener::from_raw_fd(listen_fd)) };
    let mut json = String::new();
    file.read_to_string(&mut json).expect("a configuration");
    if json.is_empty() {
        return ExitCode::FAILURE;
    }
    let config: BootConfig = serde_json::from_str(&json).expect("a configuration of the schema");
    for stream in listener.incoming().flatten() {
        let config = config.clone();
        thread::spawn(move || serve(stream, &config));
    }
    ExitCode::SUCCESS
}

fn serve(stream: UnixStream, config: &BootConfig) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut stream = stream;
    let mut line = || lines.next().unwrap_or_else(|| Err(std::io::ErrorKind::UnexpectedEof.into()));
    let port = line()?;
    stream.write_all(port.replacen("CONNECT", "OK", 1).as_bytes())?;
    stream.write_all(b"\n")?;
    if line()? != format!("LIA1 {}", config.secret.expose()) {
        return Ok(());
    }
    stream.write_all(b"OK\n")?;
    let script = line()?;
    let out = Command::new("/bin/sh").arg("-c").arg(script).env_clear().envs(&config.env).output()?;
    stream.write_all(&out.stdout)?;
    stream.write_all(&out.stderr)
}
