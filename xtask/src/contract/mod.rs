//! What is generated from the contract (`crates/protocol`): its JSON Schema, and the package `@lia/shared`.
//!
//! Reading order: [`model`] reads the schema; [`typescript`], [`zod`] and [`constants`] write the types down;
//! [`guards`], [`converters`] and [`sockets`] add what is more than a type; [`readme`] describes the package.

mod constants;
pub mod converters;
mod guards;
mod model;
mod readme;
mod sockets;
mod typescript;
mod zod;

use anyhow::Result;

pub use model::Contract;

/// The first line of every generated TypeScript file.
pub const HEAD: &str =
    "// Generated from crates/protocol by `cargo run -p xtask -- generate`. Do not edit.\n\n";

/// Folders that hold generated files alone: what else lies there is stale.
pub const FOLDERS: [&str; 2] = ["contract", "packages/shared/src/generated"];

/// Every file, by its path from the root.
///
/// # Errors
/// What of the contract cannot be written down, and where.
pub fn files() -> Result<Vec<(&'static str, String)>> {
    let contract = Contract::read()?;
    let schema = serde_json::to_string_pretty(&contract.bundle)? + "\n";
    Ok(vec![
        ("contract/lia.schema.json", schema),
        ("contract/index.json", index(&contract)?),
        ("packages/shared/src/generated/types.ts", typescript::types(&contract)),
        ("packages/shared/src/generated/schemas.ts", zod::schemas(&contract)?),
        ("packages/shared/src/generated/constants.ts", constants::constants(&contract)?),
        ("packages/shared/src/generated/guards.ts", guards::guards(&contract)?),
        ("packages/shared/src/generated/converters.ts", converters::converters(&contract)?),
        ("packages/shared/src/generated/sockets.ts", sockets::sockets(&contract)?),
        ("packages/shared/README.md", readme::readme(&contract)?),
    ])
}

/// The names of each type: what the proofs of `@lia/shared` go through.
fn index(contract: &Contract) -> Result<String> {
    let mut types = serde_json::Map::new();
    for def in &contract.defs {
        let name = def.entry.name;
        let entry = serde_json::json!({
            "group": format!("{:?}", def.entry.group),
            "schema": def.entry.zod,
            "input": typescript::named(contract, name, typescript::Side::Input),
            "enum": constants::holds_enum(contract, name),
        });
        types.insert(name.to_owned(), entry);
    }
    Ok(serde_json::to_string_pretty(&types)? + "\n")
}
