//! Which revision of the sources the program is built from, and for what: for `--version` and the report of a crash.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=ESPALIER_REVISION");
    // Written at each commit and at each switch to another branch.
    for name in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(&["rev-parse", "--git-path", name])
            && std::path::Path::new(&path).exists()
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    let revision = std::env::var("ESPALIER_REVISION").ok();
    let revision = revision.or_else(|| git(&["rev-parse", "--short=12", "HEAD"]));
    println!("cargo::rustc-env=ESPALIER_REVISION={}", revision.as_deref().unwrap_or("unknown"));
    println!("cargo::rustc-env=ESPALIER_TARGET={}", std::env::var("TARGET").unwrap_or_default());
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("windows") {
        windows();
    }
}

/// The icon, the version and the manifest that Windows looks for in a program. Without the tool for it there are none.
fn windows() {
    // Windows gives the first thread 1 MiB, a quarter or less of what it has elsewhere.
    let stack = match std::env::var("CARGO_CFG_TARGET_ENV").as_deref() {
        Ok("msvc") => "/STACK:8388608",
        _ => "-Wl,--stack,8388608",
    };
    println!("cargo::rustc-link-arg-bins={stack}");
    let folder = "../packaging/windows";
    println!("cargo::rerun-if-changed={folder}");
    let mut resource = winresource::WindowsResource::new();
    resource.set_icon("../assets/icons/espalier.ico");
    resource.set_manifest_file(&format!("{folder}/espalier.manifest"));
    resource.set("ProductName", "Espalier").set("FileDescription", "Espalier");
    if let Err(error) = resource.compile() {
        println!("cargo::warning=the program gets no icon and no manifest: {error}");
    }
}

/// What git says; nothing where it is not there, or where these are sources without their history.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}
