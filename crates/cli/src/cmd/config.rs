//! `config`: what is in force and where it comes from.

use anyhow::Result;
use lia_server::config::Source;

use crate::{
    args::{ConfigArgs, ConfigCommand},
    context::Cx,
    local,
    ui::Style,
};

/// `lia config`
pub fn config(cx: &Cx, args: ConfigArgs) -> Result<()> {
    let config = local::config(&cx.global, &[])?;
    if args.command == Some(ConfigCommand::Check) {
        cx.ui.note("the configuration is good");
        return Ok(());
    }
    let shown = config.shown();
    if cx.ui.json {
        let one = |s: &lia_server::config::Shown| serde_json::json!({"key": s.key, "value": s.value, "source": s.source.to_string()});
        return cx.ui.json(&shown.iter().map(one).collect::<Vec<_>>());
    }
    let rows = shown.into_iter().map(|s| {
        let style = if s.source == Source::Default { Style::Dim } else { Style::Plain };
        vec![(style, s.key), (style, s.source.to_string()), (style, s.value)]
    });
    cx.ui.table(&["KEY", "SOURCE", "VALUE"], rows.collect())
}
