//! The program: prints where it listens, serves until it is ended.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    time::Duration,
};

use clap::Parser;
use lia_model_server::{ModelServer, Options};

/// A stand-in for the model vendors' APIs on 127.0.0.1.
///
/// Speaks Anthropic Messages, OpenAI Chat Completions and Responses, and Gemini, streamed and whole. A prompt with
/// `RUNTOOL <shell command>` is answered with one call of the agent's shell tool, everything else with a text.
#[derive(Parser)]
#[command(name = "model-server", version)]
struct Args {
    /// Port; 0 for any. The address is printed as `listening on http://127.0.0.1:PORT`.
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// The only right key; everything else is answered with 401 in the vendor's form. Without it any key is right.
    #[arg(long)]
    key: Option<String>,
    /// Append one JSON line per request to this file.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Milliseconds before each delta of a streamed answer.
    #[arg(long, default_value_t = 0, value_name = "MS")]
    delay_ms: u64,
    /// Deltas of a text.
    #[arg(long, default_value_t = 12)]
    tokens: usize,
}

#[tokio::main]
async fn main() -> io::Result<()> {
    let args = Args::parse();
    let server = ModelServer::start(Options {
        port: args.port,
        key: args.key,
        record: args.record,
        delay: Duration::from_millis(args.delay_ms),
        tokens: args.tokens,
    })
    .await?;
    writeln!(io::stdout(), "listening on {}", server.url())?;
    server.run().await
}
