//! Where text goes: results to standard output, everything about them to standard error; colours and widths.

use std::{
    cell::Cell,
    io::{self, IsTerminal as _, Write as _},
};

use anyhow::Result;
use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    args::{ColorWhen, Global},
    text,
};

/// A colour or weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As it is.
    Plain,
    /// Weaker.
    Dim,
    /// Stronger.
    Bold,
    /// Good.
    Green,
    /// Waiting.
    Yellow,
    /// Bad.
    Red,
    /// Something else.
    Cyan,
}

impl Style {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Dim => "2",
            Self::Bold => "1",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Red => "31",
            Self::Cyan => "36",
        }
    }
}

/// The two outputs.
#[derive(Debug)]
pub struct Ui {
    /// Print JSON.
    pub json: bool,
    /// Print results alone.
    pub quiet: bool,
    /// Standard output is a terminal.
    pub out_tty: bool,
    /// Standard error is a terminal.
    pub err_tty: bool,
    out_color: bool,
    err_color: bool,
    /// Standard output stands at the beginning of a line.
    at_line_start: Cell<bool>,
}

impl Ui {
    /// As the options and the environment say.
    pub fn new(global: &Global) -> Self {
        let (out_tty, err_tty) = (io::stdout().is_terminal(), io::stderr().is_terminal());
        let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|t| t == "dumb");
        let color = |tty: bool| match global.color {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => tty && !set("NO_COLOR") && !dumb,
        };
        Self {
            json: global.json,
            quiet: global.quiet,
            out_tty,
            err_tty,
            out_color: color(out_tty),
            err_color: color(err_tty),
            at_line_start: Cell::new(true),
        }
    }

    /// Prints as it is.
    pub fn write(&self, bytes: &[u8]) -> Result<()> {
        if let Some(last) = bytes.last() {
            self.at_line_start.set(*last == b'\n');
            let mut out = io::stdout().lock();
            out.write_all(bytes)?;
            out.flush()?;
        }
        Ok(())
    }

    /// Prints text that an agent or somebody else wrote: on a terminal it cannot steer it, elsewhere it is verbatim.
    pub fn write_foreign(&self, foreign: &str) -> Result<()> {
        if self.out_tty { self.write(text::tame(foreign).as_bytes()) } else { self.write(foreign.as_bytes()) }
    }

    /// Prints a line.
    pub fn line(&self, text: impl AsRef<str>) -> Result<()> {
        self.write(format!("{}\n", text.as_ref()).as_bytes())
    }

    /// Prints one JSON object, over several lines.
    pub fn json(&self, value: &(impl Serialize + ?Sized)) -> Result<()> {
        self.line(serde_json::to_string_pretty(value)?)
    }

    /// Prints one JSON object on one line.
    pub fn json_line(&self, value: &(impl Serialize + ?Sized)) -> Result<()> {
        self.line(serde_json::to_string(value)?)
    }

    /// Colours for standard output.
    pub fn paint(&self, style: Style, text: &str) -> String {
        paint(self.out_color, style, text)
    }

    /// Colours for standard error.
    pub fn paint_err(&self, style: Style, text: &str) -> String {
        paint(self.err_color, style, text)
    }

    /// Says something about the work, unless `--quiet`.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            self.say(Style::Dim, text);
        }
    }

    /// Says something that must be read, also with `--quiet`. Nothing in it steers the terminal.
    pub fn say(&self, style: Style, text: &str) {
        self.finish_line();
        let text = &text::tame(text);
        // Nobody can be told that standard error is gone.
        let _ = writeln!(io::stderr().lock(), "{}", self.paint_err(style, text));
    }

    /// On a terminal, what follows begins on a line of its own.
    pub fn finish_line(&self) {
        if self.out_tty && !self.at_line_start.replace(true) {
            let _ = io::stdout().lock().write_all(b"\n");
        }
    }

    /// The columns of the terminal; none when standard output is no terminal.
    pub fn width(&self) -> Option<usize> {
        if !self.out_tty {
            return None;
        }
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        (size.ws_col > 0).then_some(usize::from(size.ws_col))
    }

    /// Prints a table. The last column takes the room that is left; without a terminal nothing is cut.
    pub fn table(&self, head: &[&str], rows: Vec<Vec<(Style, String)>>) -> Result<()> {
        let columns = head.len();
        let mut widths: Vec<usize> = head.iter().map(|h| h.width()).collect();
        for row in &rows {
            for (i, (_, cell)) in row.iter().enumerate().take(columns) {
                widths[i] = widths[i].max(cell.width());
            }
        }
        let fixed: usize = widths[..columns - 1].iter().map(|w| w + 2).sum();
        let last = self.width().map_or(usize::MAX, |w| w.saturating_sub(fixed).max(10));
        let print = |cells: &mut dyn Iterator<Item = (Style, String)>| {
            let mut line = String::new();
            for (i, (style, cell)) in cells.enumerate() {
                let cell = if i + 1 == columns { text::line(&cell, last) } else { cell };
                line.push_str(&self.paint(style, &cell));
                if i + 1 < columns {
                    line.extend(std::iter::repeat_n(' ', widths[i] - cell.width() + 2));
                }
            }
            self.line(line.trim_end())
        };
        print(&mut head.iter().map(|h| (Style::Dim, (*h).to_owned())))?;
        rows.into_iter().try_for_each(|row| print(&mut row.into_iter()))
    }
}

fn paint(on: bool, style: Style, text: &str) -> String {
    if on && style != Style::Plain { format!("\x1b[{}m{text}\x1b[0m", style.code()) } else { text.to_owned() }
}
