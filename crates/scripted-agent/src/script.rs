//! The language of prompts: commands separated by newlines or `;`. A text that is no command is [`Command::Echo`], so
//! that every prompt is a script.

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the command line's help describes each")]
pub enum Command {
    Say(String),
    Think(String),
    Burst { count: u64, bytes: usize },
    Slow { count: u64, ms: u64 },
    Plan,
    Tool(String),
    Permission(String),
    Read(String),
    Write { path: String, text: String },
    Terminal(String),
    Sh(String),
    Env,
    Probe,
    History,
    Replay(u64),
    Update(String),
    Raw(String),
    Noise,
    BigLine(usize),
    Stderr(String),
    Sleep(u64),
    Hang,
    Refuse,
    MaxTokens,
    Error(String),
    Exit(u8),
    Crash(u8),
    Abort,
    Echo(String),
}

/// Updates that a bare `replay` asks for.
pub const REPLAY: u64 = 1000;

/// Commands whose argument is the whole rest of the line, `;` included.
const WHOLE_LINE: [&str; 5] = ["sh", "terminal", "write", "update", "raw"];

/// Splits a prompt into its commands.
#[must_use]
pub fn parse(prompt: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    for line in prompt.lines() {
        let mut rest = line.trim();
        while !rest.is_empty() {
            let whole = WHOLE_LINE.contains(&split_word(rest).0);
            let (head, tail) = if whole { (rest, "") } else { rest.split_once(';').unwrap_or((rest, "")) };
            if !head.trim().is_empty() {
                commands.push(command(head.trim()));
            }
            rest = tail.trim_start();
        }
    }
    commands
}

fn command(text: &str) -> Command {
    known(text).unwrap_or_else(|| Command::Echo(text.to_owned()))
}

fn known(text: &str) -> Option<Command> {
    let (word, arg) = split_word(text);
    if arg.is_empty() {
        return Some(match word {
            "plan" => Command::Plan,
            "env" => Command::Env,
            "probe" => Command::Probe,
            "history" => Command::History,
            "replay" => Command::Replay(REPLAY),
            "noise" => Command::Noise,
            "hang" => Command::Hang,
            "refuse" => Command::Refuse,
            "max_tokens" => Command::MaxTokens,
            "crash" => Command::Abort,
            _ => return None,
        });
    }
    Some(match word {
        "say" => Command::Say(unescape(arg)),
        "think" => Command::Think(unescape(arg)),
        "burst" => {
            let (count, bytes) = two(arg)?;
            Command::Burst { count, bytes: usize::try_from(bytes).ok()? }
        }
        "slow" => {
            let (count, ms) = two(arg)?;
            Command::Slow { count, ms }
        }
        "tool" => Command::Tool(arg.to_owned()),
        "permission" => Command::Permission(arg.to_owned()),
        "read" => Command::Read(arg.to_owned()),
        "write" => {
            let (path, text) = split_word(arg);
            Command::Write { path: path.to_owned(), text: unescape(text) }
        }
        "terminal" => Command::Terminal(arg.to_owned()),
        "sh" => Command::Sh(arg.to_owned()),
        "replay" => Command::Replay(arg.parse().ok()?),
        "update" => Command::Update(arg.to_owned()),
        "raw" => Command::Raw(arg.to_owned()),
        "bigline" => Command::BigLine(arg.parse().ok()?),
        "stderr" => Command::Stderr(unescape(arg)),
        "sleep" => Command::Sleep(arg.parse().ok()?),
        "error" => Command::Error(unescape(arg)),
        "exit" => Command::Exit(arg.parse().ok()?),
        "crash" => Command::Crash(arg.parse().ok()?),
        _ => return None,
    })
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim_start()))
}

fn two(arg: &str) -> Option<(u64, u64)> {
    let (a, b) = split_word(arg);
    Some((a.parse().ok()?, b.parse().ok()?))
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_their_separators() {
        let got = parse("say a\\nb; burst 3 200;\n\n  hang ; sh echo 1; echo 2\nwrite d/f x; y");
        let want = [
            Command::Say("a\nb".into()),
            Command::Burst { count: 3, bytes: 200 },
            Command::Hang,
            Command::Sh("echo 1; echo 2".into()),
            Command::Write { path: "d/f".into(), text: "x; y".into() },
        ];
        assert_eq!(got, want);
    }

    #[test]
    fn what_is_no_command_is_echoed() {
        for text in ["Hello there", "plan a picnic", "sleep well", "burst 3", "crash 256", "exit"] {
            assert_eq!(parse(text), [Command::Echo(text.into())], "{text}");
        }
        assert_eq!(parse(" ;; \n"), []);
    }
}
