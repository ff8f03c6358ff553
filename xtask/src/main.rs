//! `cargo run -p xtask -- generate` writes every generated file anew; `-- check` fails when one of them is stale.

mod rest;

use std::{
    fs,
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use lia_server::config::generate;

/// The generated files and what makes each.
const FILES: [(&str, Make); 4] = [
    (".env.example", generate::env_example),
    ("docs/configuration.md", generate::markdown),
    ("contract/openapi.json", rest::openapi),
    ("contract/asyncapi.json", rest::asyncapi),
];

type Make = fn() -> String;

fn main() -> anyhow::Result<ExitCode> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace's folder")?;
    let mut out = io::stdout().lock();
    match std::env::args().nth(1).as_deref() {
        Some("generate") => {
            for (name, make) in FILES {
                let text = make();
                if fs::read_to_string(root.join(name)).ok().as_deref() != Some(&text) {
                    fs::write(root.join(name), text).with_context(|| format!("{name} cannot be written"))?;
                    writeln!(out, "wrote {name}")?;
                }
            }
            Ok(ExitCode::SUCCESS)
        }
        Some("check") => {
            let mut code = ExitCode::SUCCESS;
            for (name, make) in FILES {
                if fs::read_to_string(root.join(name)).ok().as_deref() != Some(&make()) {
                    writeln!(out, "{name} is stale: run `cargo run -p xtask -- generate`")?;
                    code = ExitCode::FAILURE;
                }
            }
            Ok(code)
        }
        _ => bail!("usage: cargo run -p xtask -- generate | check"),
    }
}
