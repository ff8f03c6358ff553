//! Converters between computer actions and the tool-use blocks of a model, both ways, one pair per action.
//!
//! Which keys an input has, and in which order, is the block's schema; a field that may be absent is left out unless it is
//! there with the right type.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};

use super::{
    constants::pascal,
    guards::{actions, tools},
    model::{Contract, Prop, Ty},
};

/// A field of an action that its block calls otherwise.
const RENAMED: (&str, &str) = ("sensitive", "isSensitive");

/// An action, its block, and the functions that lead from one to the other.
pub struct Pair<'a> {
    action: &'a str,
    action_type: &'a str,
    tool: &'a str,
    block_type: &'a str,
    /// Action to block.
    pub to_block: String,
    /// Block to action.
    pub to_action: String,
}

/// All pairs, in the order of the actions.
///
/// # Errors
/// An action without its block.
pub fn pairs(contract: &Contract) -> Result<Vec<Pair<'_>>> {
    let tools = tools(contract);
    let mut out = Vec::new();
    for (action_type, action) in actions(contract) {
        let (block_type, tool) = tools
            .iter()
            .find(|(_, tool)| tool.strip_prefix("computer_") == Some(action))
            .with_context(|| format!("{action} has no tool-use block"))?;
        let name = pascal(action);
        out.push(Pair {
            action,
            action_type,
            tool,
            block_type,
            to_block: format!("convert{name}ActionToToolUseBlock"),
            to_action: format!("convert{name}ToolUseBlockToAction"),
        });
    }
    Ok(out)
}

/// `src/generated/converters.ts`.
///
/// # Errors
/// An action without its block; a block without an input.
pub fn converters(contract: &Contract) -> Result<String> {
    let pairs = pairs(contract)?;
    let mut types: Vec<&str> = pairs.iter().flat_map(|p| [p.action_type, p.block_type]).collect();
    types.extend(["ComputerAction", "ComputerToolUseContentBlock"]);
    types.sort_unstable();
    let mut out = String::from(super::HEAD);
    out.push_str("import { Application } from \"./constants.js\";\nimport type {\n");
    for ty in types {
        let _ = writeln!(out, "  {ty},");
    }
    out.push_str("} from \"./types.js\";\n");
    out.push_str(WORD_OF);
    for pair in &pairs {
        let Pair { action, action_type, tool, block_type, to_block, to_action } = pair;
        let input = input(contract, block_type)?;
        let fields = contract.props(action_type);
        let _ = write!(
            out,
            "\n/** The tool use `{tool}` that asks for an action. */\nexport function {to_block}(action: {action_type}, \
             toolUseId: string): {block_type} {{\n  return {{\n    type: \"tool_use\",\n    id: toolUseId,\n    \
             name: \"{tool}\",\n    input: {{"
        );
        members(&mut out, "action", input, fields, |key| if key == RENAMED.1 { RENAMED.0 } else { key });
        let _ = write!(
            out,
            "}},\n  }};\n}}\n\n/** The action that the tool use `{tool}` asks for. */\nexport function {to_action}(block: \
             {block_type}): {action_type} {{\n"
        );
        if !input.is_empty() {
            out.push_str("  const input = block.input;\n");
        }
        let _ = write!(out, "  return {{\n    action: \"{action}\",");
        let rest: Vec<Prop> = fields.iter().filter(|p| p.name != "action").cloned().collect();
        members(&mut out, "input", &rest, input, |key| if key == RENAMED.0 { RENAMED.1 } else { key });
        out.push_str("};\n}\n");
    }
    dispatch(&mut out, &pairs);
    Ok(out)
}

const WORD_OF: &str = r#"
/** The word of a list that a text is. Throws for a text that is none. */
function wordOf<T extends string>(words: Record<string, T>, text: string): T {
  const word = Object.values(words).find((w) => w === text);
  if (word === undefined) throw new Error(`${JSON.stringify(text)} is none of ${Object.values(words).join(", ")}`);
  return word;
}
"#;

fn input<'a>(contract: &'a Contract, block: &str) -> Result<&'a [Prop]> {
    let prop = contract
        .props(block)
        .iter()
        .find(|p| p.name == "input")
        .with_context(|| format!("{block} has no input"))?;
    Ok(match &prop.ty {
        Ty::Object(props) => props,
        Ty::Ref(name) => contract.props(name),
        _ => &[],
    })
}

/// The members of an object literal for `wanted`, out of `from`, which has the fields `there`.
fn members<'a>(
    out: &mut String,
    from: &str,
    wanted: &'a [Prop],
    there: &[Prop],
    renamed: impl Fn(&'a str) -> &'a str,
) {
    let mut any = false;
    for prop in wanted {
        let source = renamed(&prop.name);
        if !there.iter().any(|p| p.name == source) {
            continue;
        }
        any = true;
        let key = &prop.name;
        let value = format!("{from}.{source}");
        let mut pair = format!("{key}: {value}");
        // A word of a list out of any text.
        if let Ty::Ref(words) = &prop.ty
            && there.iter().any(|p| p.name == source && matches!(p.ty, Ty::Text(_)))
        {
            pair = format!("{key}: wordOf({words}, {value})");
        }
        if !prop.optional {
            let _ = write!(out, "\n      {pair},");
            continue;
        }
        let test = match or_null(&prop.ty) {
            Ty::Int { .. } | Ty::Num { .. } => format!("typeof {value} === \"number\""),
            Ty::Bool => format!("typeof {value} === \"boolean\""),
            _ => format!("{value} !== undefined"),
        };
        let _ = write!(out, "\n      ...({test} ? {{ {pair} }} : {{}}),");
    }
    if any {
        out.push_str("\n    ");
    }
}

/// `T` of `T | null`.
fn or_null(ty: &Ty) -> &Ty {
    match ty {
        Ty::Either(forms) => match forms.as_slice() {
            [one, Ty::Null] => one,
            _ => ty,
        },
        other => other,
    }
}

fn dispatch(out: &mut String, pairs: &[Pair<'_>]) {
    out.push_str(
        "\n/** The tool use that asks for an action. Throws for an action that is unknown. */\nexport function \
         convertComputerActionToToolUseBlock(\n  action: ComputerAction,\n  toolUseId: string,\n): \
         ComputerToolUseContentBlock {\n  switch (action.action) {\n",
    );
    for pair in pairs {
        let _ = writeln!(
            out,
            "    case \"{}\":\n      return {}(action, toolUseId);",
            pair.action, pair.to_block
        );
    }
    out.push_str(
        "    default:\n      throw new Error(`unknown action type: ${(action as { action: string }).action}`);\n  }\n}\n\n/** \
         The action that a tool use asks for. Throws for a tool that is unknown. */\nexport function \
         convertComputerToolUseBlockToAction(block: ComputerToolUseContentBlock): ComputerAction {\n  switch \
         (block.name) {\n",
    );
    for pair in pairs {
        let _ = writeln!(out, "    case \"{}\":\n      return {}(block);", pair.tool, pair.to_action);
    }
    out.push_str(
        "    default:\n      throw new Error(`unknown computer tool: ${(block as { name: string }).name}`);\n  }\n}\n",
    );
}
