//! The command line's grammar. Help texts are the documentation of the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum, ValueHint};
use lia_protocol::{api::Scope, host::AllowRule, task::TaskStatus};

mod values;

use values::{gibibytes, mebibytes, minutes, pair, scope, seconds, status};

/// Run AI agents in sealed sandboxes.
#[derive(Debug, Parser)]
#[command(name = "lia", version, propagate_version = true, arg_required_else_help = true)]
#[command(after_help = "\
A TASK is a task's id or its first hex digits (at least 4) when no other task begins so.

Exit codes: 0 done; 1 wrong use, or an error that has nothing to do with the agent. `spawn` and `attach` say how the
agent's turn ended: 0 end_turn; 2 refused, or out of tokens or requests; 3 cancelled; 4 the agent failed; 5 lost (the
connection is gone for good, or nobody knows what became of the prompt).")]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// The server [default: the local one, from lia.toml and the environment]
    #[arg(long, global = true, env = "LIA_URL", value_name = "URL")]
    pub url: Option<String>,
    /// The token. Better in LIA_TOKEN or a file, since others can see a command line [default for the local server:
    /// <data>/admin.token]
    #[arg(long, global = true, env = "LIA_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub token: Option<String>,
    /// A file that holds the token; stands above --token and LIA_TOKEN
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub token_file: Option<PathBuf>,
    /// The local server's data folder [default: from lia.toml and the environment]
    #[arg(long, global = true, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data_dir: Option<PathBuf>,
    /// The configuration file [default: lia.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub config: Option<PathBuf>,
    /// A file of variables, below the environment and above lia.toml [default: .env, if there is one]
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub env_file: Option<PathBuf>,
    /// Print JSON, as the API writes it; streams print one object per line
    #[arg(long, global = true)]
    pub json: bool,
    /// Colours
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Print results alone: no progress, no hints
    #[arg(short, long, global = true)]
    pub quiet: bool,
}

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorWhen {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the server until Ctrl-C; instances live on and the next start takes them over
    Serve(Serve),
    /// End the server and all instances
    Down(Down),
    /// Run sessions for another control plane: seed 003's runtime-host contract alone, until Ctrl-C
    Host(Host),
    /// Give an agent a prompt in a sandbox of its own, and show what it does
    Spawn(Box<Spawn>),
    /// List tasks, newest first
    #[command(visible_alias = "list")]
    Ls(Ls),
    /// Show a task
    Show(One),
    /// Talk to a task: type prompts, answer its questions, or use its terminal
    Attach(Attach),
    /// Open a terminal in a task's sandbox, beside its agent; its exit code is passed on
    Shell(Shell),
    /// Print a task's log
    Logs(Logs),
    /// Print what a task wrote
    Output(Output),
    /// Send a prompt to an agent, or text to a terminal
    Input(Input),
    /// Allow what a task asks for
    Approve(Approve),
    /// Refuse what a task asks for
    Deny(Deny),
    /// Pause tasks
    Suspend(Many),
    /// Let paused tasks go on
    Resume(Many),
    /// End tasks and remove their sandboxes; records and logs stay
    Stop(Many),
    /// End tasks and remove all of them, records and logs too
    Rm(Many),
    /// Print what a task changed in its repository
    Diff(One),
    /// Bring what a task changed into a local repository
    Pull(Pull),
    /// Copy files between here and a task's workspace (TASK:PATH)
    Cp(Cp),
    /// The agents that can be run, and their installation
    Agents(Agents),
    /// Check what this machine needs, and say how to mend what is missing
    Doctor,
    /// Tokens of users and programs
    Token(Token),
    /// The configuration in force and where each value comes from
    Config(ConfigArgs),
    /// Print a completion script
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
}

/// `serve`
#[derive(Debug, Args)]
pub struct Serve {
    /// Set a key of the configuration, above all its other sources (server.port=0)
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
}

/// `host`
#[derive(Debug, Args)]
#[command(after_help = "\
The host's token is that of --token-file, --token or LIA_TOKEN; without one it makes one itself, in <data>/host/host.token.
Its sandboxes, callbacks (webhooks.*) and providers are configured as the server's are. docs/host.md says more.")]
pub struct Host {
    /// Where to listen: ADDRESS:PORT, :PORT or PORT; port 0 takes a free one [default: 127.0.0.1, and the port of
    /// SESSION_HOST_PORT or 8787]
    #[arg(short, long, value_name = "ADDR")]
    pub listen: Option<String>,
    /// Let every session reach a host: example.com, example.com:8443, *.example.com, tcp:example.com:22; repeatable
    #[arg(short, long, value_name = "HOST")]
    pub allow: Vec<AllowRule>,
    /// Set a key of the configuration, above all its other sources (vm.default_memory_mb=512)
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = pair)]
    pub set: Vec<(String, String)>,
}

/// `down`
#[derive(Debug, Args)]
pub struct Down {
    /// End the server alone; instances live on
    #[arg(long)]
    pub keep_instances: bool,
}

/// `spawn`
#[derive(Debug, Args)]
pub struct Spawn {
    /// What the agent shall do; `-` reads it from standard input
    pub prompt: String,
    /// The agent template (`lia agents` lists them) [default: the server's]
    #[arg(short, long, value_name = "NAME")]
    pub template: Option<String>,
    /// Put a file into the workspace, under its own relative path or NAME; repeatable
    #[arg(short, long = "file", value_name = "[NAME=]PATH", value_hint = ValueHint::FilePath)]
    pub files: Vec<String>,
    /// Let the agent reach a host: example.com, example.com:8443, *.example.com, tcp:example.com:22; repeatable
    #[arg(short, long, value_name = "HOST")]
    pub allow: Vec<AllowRule>,
    /// Set a variable for the agent; repeatable
    #[arg(short, long, value_name = "KEY=VALUE", value_parser = pair)]
    pub env: Vec<(String, String)>,
    /// Memory: MiB, or with a unit as in 2G
    #[arg(long, value_name = "SIZE", value_parser = mebibytes)]
    pub memory: Option<u32>,
    /// CPU cores
    #[arg(long, value_name = "N")]
    pub cpus: Option<u32>,
    /// Running time after which the task ends: minutes, or with a unit as in 2h
    #[arg(long, value_name = "TIME", value_parser = minutes)]
    pub timeout: Option<u32>,
    /// Disk: GiB
    #[arg(long, value_name = "GIB", value_parser = gibibytes)]
    pub storage: Option<u32>,
    /// Bring a clone of a local repository, uncommitted changes included
    #[arg(long, value_name = "PATH", value_hint = ValueHint::DirPath)]
    pub repo: Option<PathBuf>,
    /// Have a repository cloned inside (OWNER/NAME or https://…); its host must be allowed; repeatable
    #[arg(long = "clone", value_name = "URL")]
    pub clones: Vec<String>,
    /// A public key for SSH access, where the runtime offers that
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub ssh_key: Option<PathBuf>,
    /// The owner, when not oneself (the token needs the scope act-as)
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Stay after the first turn, and take further prompts on a terminal
    #[arg(long, conflicts_with = "detach")]
    pub follow: bool,
    /// Print the task's id and return at once
    #[arg(short, long)]
    pub detach: bool,
    /// Allow everything that the agent asks for, once per question
    #[arg(short, long, conflicts_with = "detach")]
    pub yes: bool,
}

/// `ls`
#[derive(Debug, Args)]
pub struct Ls {
    /// Only those in a state (pending, starting, running, suspended, terminated)
    #[arg(short, long, value_name = "STATE", value_parser = status)]
    pub status: Option<TaskStatus>,
    /// Only a user's (administrators see everybody's)
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// At most so many; 0 is all
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
}

/// One task.
#[derive(Debug, Args)]
pub struct One {
    /// Which
    pub task: String,
}

/// Several tasks.
#[derive(Debug, Args)]
pub struct Many {
    /// Which
    #[arg(required = true, value_name = "TASK")]
    pub tasks: Vec<String>,
}

/// `attach`
#[derive(Debug, Args)]
pub struct Attach {
    /// Which
    pub task: String,
    /// Show only what comes from now on
    #[arg(long)]
    pub new: bool,
    /// Allow everything that the agent asks for, once per question
    #[arg(short, long)]
    pub yes: bool,
}

/// `shell`
#[derive(Debug, Args)]
pub struct Shell {
    /// Which
    pub task: String,
    /// Come back to a terminal that was left open: its digits, as --list shows them
    #[arg(short, long, value_name = "DIGITS", conflicts_with = "command")]
    pub terminal: Option<String>,
    /// List the task's terminals
    #[arg(short, long, conflicts_with_all = ["command", "terminal"])]
    pub list: bool,
    /// What to run, with its arguments [default: /bin/sh]
    #[arg(last = true)]
    pub command: Vec<String>,
}

/// `logs`
#[derive(Debug, Args)]
pub struct Logs {
    /// Which
    pub task: String,
    /// Go on with what comes, until the task ends
    #[arg(short, long)]
    pub follow: bool,
    /// Begin after this place of the log
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub from: u64,
}

/// `output`
#[derive(Debug, Args)]
pub struct Output {
    /// Which
    pub task: String,
    /// Go on with what comes, until the task ends
    #[arg(short, long)]
    pub follow: bool,
    /// Begin after this place of the log
    #[arg(long, value_name = "SEQ", default_value_t = 0)]
    pub from: u64,
}

/// `input`
#[derive(Debug, Args)]
pub struct Input {
    /// Which
    pub task: String,
    /// The prompt or the text; `-` reads it from standard input
    pub data: String,
    /// Do not add a line feed to what goes to a terminal
    #[arg(long)]
    pub raw: bool,
}

/// `approve`
#[derive(Debug, Args)]
pub struct Approve {
    /// Which
    pub task: String,
    /// The question, when several are open: its number or the beginning of its id
    pub question: Option<String>,
    /// Always, where the agent offers that
    #[arg(long, conflicts_with = "option")]
    pub always: bool,
    /// This answer: its number, id or name
    #[arg(short, long, value_name = "OPTION")]
    pub option: Option<String>,
    /// All open questions
    #[arg(long, conflicts_with = "question")]
    pub all: bool,
}

/// `deny`
#[derive(Debug, Args)]
pub struct Deny {
    /// Which
    pub task: String,
    /// The question, when several are open: its number or the beginning of its id
    pub question: Option<String>,
    /// Always, where the agent offers that
    #[arg(long)]
    pub always: bool,
    /// All open questions
    #[arg(long, conflicts_with = "question")]
    pub all: bool,
}

/// `pull`
#[derive(Debug, Args)]
pub struct Pull {
    /// Which
    pub task: String,
    /// The local repository
    #[arg(long, value_name = "PATH", default_value = ".", value_hint = ValueHint::DirPath)]
    pub repo: PathBuf,
    /// Bring it into this branch [default: lia/<task>]
    #[arg(long, value_name = "NAME", conflicts_with_all = ["patch", "apply"])]
    pub branch: Option<String>,
    /// Replace the branch when it does not lead there
    #[arg(long, conflicts_with_all = ["patch", "apply"])]
    pub force: bool,
    /// Write a patch to a file instead (`-`: standard output)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "apply")]
    pub patch: Option<PathBuf>,
    /// Apply the change to the working tree instead: all of it, or nothing when it does not fit
    #[arg(long)]
    pub apply: bool,
}

/// `cp`
#[derive(Debug, Args)]
pub struct Cp {
    /// From: a local path, or TASK:PATH
    pub from: String,
    /// To: a local path (`-`: standard output), or TASK:PATH; a slash at the end puts it into that folder
    pub to: String,
    /// Folders with all that is in them
    #[arg(short, long)]
    pub recursive: bool,
}

/// `agents`
#[derive(Debug, Args)]
pub struct Agents {
    /// What about them; without a word they are listed
    #[command(subcommand)]
    pub command: Option<AgentsCommand>,
}

/// What to do with agents.
#[derive(Debug, Subcommand)]
pub enum AgentsCommand {
    /// List them
    #[command(visible_alias = "ls")]
    List,
    /// Install one into the server's data folder
    Install {
        /// Which
        name: String,
    },
}

/// `token`
#[derive(Debug, Args)]
pub struct Token {
    /// What about them
    #[command(subcommand)]
    pub command: TokenCommand,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a token; it is printed once
    Create {
        /// Whose
        #[arg(long, value_name = "USER")]
        user: String,
        /// What for: read, write, act-as, admin; repeatable, or with commas
        #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', default_values = ["read", "write"], value_parser = scope)]
        scopes: Vec<Scope>,
        /// A note
        #[arg(long, default_value = "")]
        label: String,
        /// When it ends: 90m, 12h, 30d [default: never]
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        expires: Option<u64>,
    },
    /// List them
    #[command(visible_alias = "ls")]
    List,
    /// Make one worthless at once
    Revoke {
        /// Its id, or the first hex digits of it
        id: String,
    },
}

/// `config`
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// What about it; without a word it is shown
    #[command(subcommand)]
    pub command: Option<ConfigCommand>,
}

/// What to do with the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum ConfigCommand {
    /// Show every key with its value and source
    Show,
    /// Check it; exit 1 when a server would not start with it
    Check,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_grammar_holds() {
        Cli::command().debug_assert();
    }
}
