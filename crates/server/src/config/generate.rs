//! `.env.example` and `docs/configuration.md`, made from the table of settings.

use std::fmt::Write as _;

use super::{SECTIONS, names_in, settings::Key, sources::variable_of};

/// `.env.example`: every key as a comment with its default. A copy of it as `.env` starts as it is.
#[must_use]
pub fn env_example() -> String {
    let mut out = String::from(
        "# Lia's settings as variables. Copy this file to .env and take the # from what you change.\n\
         # The environment stands above .env, and .env above lia.toml; docs/configuration.md says more.\n\
         # Made by `cargo run -p xtask -- generate`.\n",
    );
    for section in SECTIONS {
        let _ =
            writeln!(out, "\n# {}", section.doc.iter().map(|l| l.trim()).collect::<Vec<_>>().join("\n# "));
        for key in section.keys {
            let doc = key.doc.iter().map(|l| l.trim()).collect::<Vec<_>>().join("\n# ");
            for name in names(key) {
                let _ = writeln!(out, "\n# {doc}\n#{}={}", variable_of(&name), (key.default)());
            }
        }
    }
    out
}

/// `docs/configuration.md`.
#[must_use]
pub fn markdown() -> String {
    let mut out = String::from(
        "<!-- Made by `cargo run -p xtask -- generate`; change crates/server/src/config/settings.rs instead. -->\n\n\
         # Configuration\n\n\
         Every setting has a default; nothing must be set. Sources, from the lowest to the highest:\n\n\
         1. the defaults below;\n\
         2. `lia.toml` in the working directory, or the file of `--config`;\n\
         3. `.env` in the working directory, or the file of `--env-file` (`NAME=value` lines; nothing is substituted);\n\
         4. the environment; an empty variable counts as unset;\n\
         5. `--set section.key=value` of `lia serve`.\n\n\
         The key `server.port` is `LIA__SERVER__PORT` as a variable, and in `lia.toml`:\n\n\
         ```toml\n[server]\nport = 3000\n\n[providers.openai]\napi_key_file = \"/etc/lia/openai.key\"\n```\n\n\
         An unknown key or a bad value stops the start and is named with its place and what is allowed. `lia config` prints\n\
         every value with its source; secrets only as `set`. Relative paths begin at the working directory.\n",
    );
    for section in SECTIONS {
        let name = section.name.replace('*', "<name>");
        let _ = writeln!(
            out,
            "\n## `{name}`\n\n{}\n",
            section.doc.iter().map(|l| l.trim()).collect::<Vec<_>>().join("\n")
        );
        let _ = writeln!(out, "| key | default | allowed | what for |\n|---|---|---|---|");
        for key in section.keys {
            let default = (key.default)();
            let default = if default.is_empty() { "unset".to_owned() } else { format!("`{default}`") };
            let doc = key.doc.iter().map(|l| l.trim()).collect::<Vec<_>>().join(" ");
            let (allowed, full) = ((key.allowed)(), format!("{name}.{}", key.name));
            let _ = writeln!(out, "| `{full}` | {default} | {} | {} |", cell(&allowed), cell(&doc));
        }
        if section.name == "agents" {
            let _ =
                writeln!(out, "| `agents.env.<NAME>` | unset | a text | A variable that every agent gets. |");
        }
    }
    out
}

fn names(key: &Key) -> Vec<String> {
    match key.section.strip_suffix('*') {
        Some(before) => names_in(key.section).iter().map(|p| format!("{before}{p}.{}", key.name)).collect(),
        None => vec![format!("{}.{}", key.section, key.name)],
    }
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
