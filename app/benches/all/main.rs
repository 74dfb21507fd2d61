//! All that stands in `app/BENCHMARKS.md`, measured in turn with who else does it:
//! `cargo bench --locked -p espalier --bench all -- [WORK…]`.
//!
//! A work is a file in `works`, and its name there is what it is called by. `--list` names them, `--rounds N` and `--mib N` say how often
//! and how much (5, 1024), and `--write` has what was measured stand in `app/BENCHMARKS.md`. Nothing here is an assertion about a
//! time; but who comes to another result than the others (a digest, a count of hits) fails, and so does the command.
//!
//! `cargo test --locked -p espalier --bench all -- --shortest` is the same with a MiB, once and without optimization: what
//! CI does, so that nothing here rots. It measures nothing.

#![allow(missing_docs, reason = "a program, not a library")]

mod bench;
mod contest;
mod digest;
mod display;
mod looked_at;
mod machine;
mod material;
mod options;
mod peers;
mod processor;
mod sender;
mod table;
mod works;

use std::process::ExitCode;

use bench::Bench;
use options::{Asked, Options};

fn main() -> ExitCode {
    let asked = Options::parse(std::env::args().skip(1));
    let done = match asked {
        Ok(Asked::Part { name, arguments }) => works::part(&name, &arguments),
        Ok(Asked::List) => {
            works::ALL.iter().for_each(|work| println!("{:<12} {}", work.name, work.title));
            Ok(true)
        }
        Ok(Asked::Run(options)) => run(&options),
        Err(error) => Err(error),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the works that are wanted; whether all of them came to their end.
fn run(options: &Options) -> anyhow::Result<bool> {
    let bench = Bench::new(options.mib)?;
    let mut whole = true;
    println!("{}", machine::text());
    for work in works::ALL.iter().filter(|work| options.wants(work.name)) {
        println!("\n{}: {}", work.name, work.title);
        let load = machine::load();
        let contests = match (work.contests)(&bench) {
            Ok(contests) => contests,
            Err(error) => {
                println!("  FAILED: {error:#}");
                whole = false;
                continue;
            }
        };
        let mut rows = Vec::new();
        for contest in contests {
            let (more, all) = contest.run(options.rounds);
            more.iter().for_each(|row| println!("  {}", row.line()));
            rows.extend(more);
            whole &= all;
        }
        if options.write {
            let load = [load, machine::load()];
            table::write(work, &rows, options, &load)?;
        }
    }
    Ok(whole)
}
