//! What is asked of this program.

use anyhow::{Context as _, bail};

use super::works;

pub enum Asked {
    List,
    Run(Options),
    /// A part of a work that wants a process of its own.
    Part {
        name: String,
        arguments: Vec<String>,
    },
}

pub struct Options {
    works: Vec<String>,
    pub rounds: usize,
    /// How much bytes the large works move, in MiB.
    pub mib: usize,
    /// The figures are written into `app/BENCHMARKS.md`.
    pub write: bool,
}

impl Options {
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> anyhow::Result<Asked> {
        let mut options = Self { works: Vec::new(), rounds: 5, mib: 1024, write: false };
        let mut shortest = false;
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let text = arguments.next().context("a number is missing")?;
                text.parse()
                    .ok()
                    .filter(|it| *it > 0)
                    .with_context(|| format!("{text} is no number"))
            };
            match argument.as_str() {
                // Cargo says that itself.
                "--bench" | "--test" => {}
                "--list" => return Ok(Asked::List),
                "--part" => {
                    let name = arguments.next().context("which part?")?;
                    return Ok(Asked::Part { name, arguments: arguments.collect() });
                }
                "--rounds" => options.rounds = number()?,
                "--mib" => options.mib = number()?,
                "--write" => options.write = true,
                "--shortest" => shortest = true,
                name if works::ALL.iter().any(|work| work.name == name) => {
                    options.works.push(name.to_owned());
                }
                other => bail!("{other} is neither a work (see --list) nor an option"),
            }
        }
        if shortest {
            (options.rounds, options.mib) = (1, 1);
        }
        if options.write && (shortest || cfg!(debug_assertions)) {
            bail!("what the shortest round or a debug build measures is nothing to write down");
        }
        Ok(Asked::Run(options))
    }

    pub fn wants(&self, work: &str) -> bool {
        self.works.is_empty() || self.works.iter().any(|it| it == work)
    }
}
