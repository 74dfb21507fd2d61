//! Figures as Markdown, in `app/BENCHMARKS.md`: each work between two comments, so that one can be measured again alone.

use std::path::Path;

use anyhow::{Context as _, ensure};
use jiff::Zoned;

use super::contest::Row;
use super::machine;
use super::options::Options;
use super::works::Work;

pub fn write(
    work: &Work,
    rows: &[Row],
    options: &Options,
    load: &[String; 2],
) -> anyhow::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("BENCHMARKS.md");
    let text = std::fs::read_to_string(&path).context("app/BENCHMARKS.md")?;
    let told = section(work, rows, options, load);
    std::fs::write(&path, put(&text, work.name, &told)?).context("app/BENCHMARKS.md")
}

fn section(work: &Work, rows: &[Row], options: &Options, load: &[String; 2]) -> String {
    let rows: Vec<String> = rows.iter().map(Row::cells).collect();
    let rounds =
        if options.rounds == 1 { "one round" } else { &format!("{} rounds", options.rounds) };
    format!(
        "### {}: {}\n\n| what | Espalier | beside it | ratio | wanted |\n| --- | --- | --- | --- | --- |\n{}\n\n{}, {rounds}, {}, load {} before and {} after\n",
        work.name,
        work.title,
        rows.join("\n"),
        Zoned::now().date(),
        machine::text(),
        load[0],
        load[1],
    )
}

/// The text with this between the two comments of a work: those that are there, or new ones before the one that ends all works.
fn put(text: &str, name: &str, told: &str) -> anyhow::Result<String> {
    const LAST: &str = "<!-- works end -->";
    let (begin, end) = (format!("<!-- work {name} -->\n"), format!("<!-- end {name} -->\n"));
    if let Some((before, rest)) = text.split_once(&begin) {
        let (_, after) = rest.split_once(&end).with_context(|| format!("no {}", end.trim()))?;
        return Ok(format!("{before}{begin}{told}{end}{after}"));
    }
    ensure!(text.contains(LAST), "no {LAST} in app/BENCHMARKS.md");
    Ok(text.replacen(LAST, &format!("{begin}{told}{end}\n{LAST}"), 1))
}
