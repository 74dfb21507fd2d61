# What one does daily; `just` lists it, `just NAME` does it. Each line is an ordinary command and works without just.

# The window.
run *arguments:
    cargo run --release -- {{arguments}}

# Everything that is claimed, or what matches a name.
test *filter:
    cargo test --locked {{filter}}

# What CI does, with what it needs from Debian.
ci:
    .ci/run

# Format, lints and documents, in the minute before a commit.
check:
    cargo fmt --all -- --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# Licences, bans and spelling, where cargo-deny and typos are installed.
papers:
    cargo deny check bans licenses sources
    typos

# The pictures of the README, drawn without a display.
pictures:
    SCREENSHOTS=1 cargo test --locked pictures

# All that stands in app/BENCHMARKS.md, beside the programs of others that are installed; `just bench search` is one of it.
bench *works:
    cargo bench --locked -p espalier --bench all -- {{works}}

# How full and how old the frames of a followed flood are.
flood:
    cargo bench --locked -p espalier --bench flood

# Packages for this system, into dist/.
package:
    cargo build --release --locked
    packaging/package --binary target/release/espalier

# Ten minutes of one fuzz target: capture, log_line, board_console, console_grammar, improv, esp_touch, workspace,
# terminal, chat_lines, chat_machines.
fuzz target:
    cargo +nightly fuzz run --fuzz-dir app/fuzz {{target}} -- -max_total_time=600

# The bundled images again, compared byte by byte.
firmware:
    firmware/check
